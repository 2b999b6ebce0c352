"""What a head's numbers say of the next value: one file a distribution."""

from seqloom.models.distributions.bernoulli import Bernoulli
from seqloom.models.distributions.categorical import Categorical
from seqloom.models.distributions.distribution import Distribution
from seqloom.models.distributions.gaussian import Gaussian
from seqloom.models.distributions.negative_binomial import NegativeBinomial
from seqloom.models.distributions.quantiles import Quantiles
from seqloom.models.distributions.student_t import StudentT

__all__ = ["Bernoulli", "Categorical", "Distribution", "Gaussian", "NegativeBinomial", "Quantiles", "StudentT"]

// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace mimir::learn {

/// The value below which a Gamma(shape, scale) variable lies with probability p.
/// REQUIRES: shape, scale > 0; 0 < p < 1.
[[nodiscard]] double gamma_quantile(double shape, double scale, double p);

/// The same of a Beta(a, b) variable. REQUIRES: a, b > 0; 0 < p < 1.
[[nodiscard]] double beta_quantile(double a, double b, double p);

}  // namespace mimir::learn

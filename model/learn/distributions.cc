// SPDX-License-Identifier: Apache-2.0
#include "model/learn/distributions.h"

#include <boost/math/special_functions/beta.hpp>
#include <boost/math/special_functions/gamma.hpp>

namespace mimir::learn {

double gamma_quantile(double shape, double scale, double p) {
  return scale * boost::math::gamma_p_inv(shape, p);
}

double beta_quantile(double a, double b, double p) { return boost::math::ibeta_inv(a, b, p); }

}  // namespace mimir::learn

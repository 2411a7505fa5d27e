// SPDX-License-Identifier: Apache-2.0
#include "tools/hash_secret.h"

#include <random>

namespace mimir::tools {

flow::HashSecret hash_secret_of(std::uint64_t seed) {
  std::mt19937_64 spread(seed);
  const std::uint64_t first = spread() | 1;
  return {.first = first, .second = spread() | 1};
}

}  // namespace mimir::tools

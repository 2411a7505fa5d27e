// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "dataplane/flow/flow_hash.h"

namespace mimir::tools {

/// The secret that a seed stands for: always the same, and with bits everywhere, which
/// small seeds lack.
[[nodiscard]] flow::HashSecret hash_secret_of(std::uint64_t seed);

}  // namespace mimir::tools

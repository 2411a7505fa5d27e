// SPDX-License-Identifier: Apache-2.0
#include "tools/wall_clock.h"

#include <chrono>

namespace mimir::tools {

TimeNs wall_clock_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace mimir::tools

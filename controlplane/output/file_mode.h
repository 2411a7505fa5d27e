// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/stat.h>

namespace mimir::controlplane {

// What alerts are written to: the group may read, others may not.
inline constexpr mode_t kFileMode = 0640;
inline constexpr mode_t kFolderMode = 0750;

}  // namespace mimir::controlplane

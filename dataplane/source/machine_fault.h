// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace mimir::source {

/// What the machine lacks. `hint` is what its owner can do about it.
struct MachineFault {
  enum class Kind : std::uint8_t {
    kNone,
    kHugePages,    ///< asked for, but not there
    kMemory,       ///< EAL could not reserve what the configuration adds up to
    kPermission,   ///< the kernel refused
    kPrefixInUse,  ///< another process runs on the same file prefix
    kNoSuchPort,   ///< the device does not exist or has no driver
    kPortRefused,  ///< the device exists, but would not be set up as asked
    kEal,          ///< anything else that EAL refuses
  };
  Kind kind = Kind::kNone;
  std::string message;
  std::string hint;
};

}  // namespace mimir::source

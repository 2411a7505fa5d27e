// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace mimir::source {

/// What is wrong with a capture file. The first group means that nothing of it
/// can be read, the second that reading stopped at a place or left blocks out.
enum class CaptureFault : std::uint8_t {
  kNone,
  kCannotOpen,          ///< detail: errno
  kEmpty,               ///< the file has no bytes at all
  kNotACapture,         ///< detail: the first four bytes, as a little-endian number
  kHeaderCut,           ///< the file ends inside its first header
  kUnsupportedVersion,  ///< detail: major version
  kUnknownLinkType,     ///< detail: the LINKTYPE_ number
  kUnpacksTooLarge,     ///< compressed, and more in it than detail: bytes
  kInputTooLarge,       ///< standard input has more than detail: bytes
  kRecordHeaderCut,     ///< the file ends inside the 16 bytes before a packet
  kPacketCut,           ///< the file ends inside a packet
  kImplausibleLength,   ///< detail: a captured length no capture tool writes
  kBlockCut,            ///< the file ends inside a pcapng block
  kBadBlockLength,      ///< detail: a length no block has, or its two copies differ
  kBadSectionHeader,    ///< a later section of a pcapng file that cannot be read
  kBlocksDamaged,       ///< all was read but blocks damaged inside; detail: how many
  kPackedDamaged,       ///< a compressed file is cut or corrupt; offset: of the unpacked bytes
};

struct CaptureState {
  CaptureFault fault = CaptureFault::kNone;
  std::uint64_t detail = 0;
  /// Where reading stopped; of kBlocksDamaged, where the first such block begins.
  std::uint64_t offset_bytes = 0;
};

}  // namespace mimir::source

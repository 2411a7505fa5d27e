// SPDX-License-Identifier: Apache-2.0
#include <zstd.h>

#include "dataplane/source/unpack.h"

namespace mimir::source {

Unpacked unpack_zstd(std::span<const std::byte> packed, std::span<std::byte> room) noexcept {
  ZSTD_DStream* const stream = ZSTD_createDStream();
  if (stream == nullptr) return {.end = UnpackEnd::kDamaged};
  ZSTD_inBuffer in{.src = packed.data(), .size = packed.size(), .pos = 0};
  ZSTD_outBuffer out{.dst = room.data(), .size = room.size(), .pos = 0};
  Unpacked unpacked;
  for (;;) {
    const std::size_t in_before = in.pos;
    const std::size_t out_before = out.pos;
    const std::size_t wanted = ZSTD_decompressStream(stream, &out, &in);
    if (ZSTD_isError(wanted) != 0) {
      unpacked.end = out.pos == out.size ? UnpackEnd::kRoomFull : UnpackEnd::kDamaged;
      break;
    }
    if (wanted == 0 && in.pos == in.size) break;
    if (in.pos == in_before && out.pos == out_before) {
      unpacked.end = out.pos == out.size ? UnpackEnd::kRoomFull : UnpackEnd::kDamaged;
      break;
    }
  }
  unpacked.bytes = out.pos;
  (void)ZSTD_freeDStream(stream);
  return unpacked;
}

}  // namespace mimir::source

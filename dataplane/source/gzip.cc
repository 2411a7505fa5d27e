// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <zlib.h>

#include "dataplane/source/unpack.h"

namespace mimir::source {

namespace {

/// zlib counts in 32 bits.
constexpr std::size_t kStepBytes = std::size_t{1} << 30;
constexpr int kGzipOnly = 15 + 16;  // the largest window, and no zlib header

bool begins_member(const z_stream& stream, std::size_t left) {
  return left >= 2 && stream.next_in[0] == 0x1f && stream.next_in[1] == 0x8b;
}

}  // namespace

Unpacked unpack_gzip(std::span<const std::byte> packed, std::span<std::byte> room) noexcept {
  z_stream stream{};
  if (inflateInit2(&stream, kGzipOnly) != Z_OK) return {.end = UnpackEnd::kDamaged};
  // zlib reads through a pointer to what it does not change.
  stream.next_in =
      reinterpret_cast<Bytef*>(const_cast<std::byte*>(packed.data()));  // NOLINT: see above
  stream.next_out = reinterpret_cast<Bytef*>(room.data());
  std::size_t in_left = packed.size();
  Unpacked unpacked;
  for (;;) {
    const auto in_step = static_cast<uInt>(std::min(in_left, kStepBytes));
    const auto out_step = static_cast<uInt>(std::min(room.size() - unpacked.bytes, kStepBytes));
    stream.avail_in = in_step;
    stream.avail_out = out_step;
    const int result = inflate(&stream, Z_NO_FLUSH);
    in_left -= in_step - stream.avail_in;
    unpacked.bytes += out_step - stream.avail_out;
    if (result == Z_STREAM_END) {
      if (!begins_member(stream, in_left)) break;
      (void)inflateReset(&stream);
      continue;
    }
    if (result == Z_BUF_ERROR && out_step == 0) {
      unpacked.end = UnpackEnd::kRoomFull;
      break;
    }
    if (result != Z_OK) {
      unpacked.end = UnpackEnd::kDamaged;
      break;
    }
  }
  (void)inflateEnd(&stream);
  return unpacked;
}

}  // namespace mimir::source

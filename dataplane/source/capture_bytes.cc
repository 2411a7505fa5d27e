// SPDX-License-Identifier: Apache-2.0
#include "dataplane/source/capture_bytes.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dataplane/source/unpack.h"

namespace mimir::source {

namespace {

constexpr std::uint32_t kMagicGzip = 0x088b1f;    // RFC 1952 §2.3.1, with the one method
constexpr std::uint32_t kMagicZstd = 0xfd2fb528;  // RFC 8878 §3.1.1

/// A multiple of every page size. Half the memory is left to the rest.
std::size_t held_bytes_max() noexcept {
  constexpr std::size_t kStepBytes = std::size_t{1} << 20;
  const auto pages = static_cast<std::size_t>(sysconf(_SC_PHYS_PAGES));
  const auto page_bytes = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const std::size_t half = pages / 2 * page_bytes / kStepBytes * kStepBytes;
  return std::clamp(half, kStepBytes, CaptureBytes::kHeldBytesMax);
}

/// Only addresses until bytes are written to it. Null, and errno, if there is none.
std::byte* make_room(std::size_t bytes) noexcept {
  void* const mapped = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return mapped == MAP_FAILED ? nullptr : static_cast<std::byte*>(mapped);
}

CaptureState cannot_open(int reason) noexcept {
  return {.fault = CaptureFault::kCannotOpen, .detail = static_cast<std::uint64_t>(reason)};
}

std::uint32_t magic_of(std::span<const std::byte> bytes) noexcept {
  std::uint32_t magic = 0;
  if (bytes.size() >= sizeof magic) std::memcpy(&magic, bytes.data(), sizeof magic);
  return magic;
}

}  // namespace

CaptureState CaptureBytes::open(const char* path, Extent extent) noexcept {
  const int file = ::open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat status {};
  if (file < 0 || fstat(file, &status) != 0) {
    const int reason = errno;
    if (file >= 0) close(file);
    return cannot_open(reason);
  }
  CaptureState state = cannot_open(S_ISDIR(status.st_mode) ? EISDIR : ESPIPE);
  if (S_ISREG(status.st_mode)) state = map(file, static_cast<std::size_t>(status.st_size));
  close(file);
  return state.fault == CaptureFault::kNone ? unpack(extent) : state;
}

CaptureState CaptureBytes::open_standard_input() noexcept {
  struct stat status {};
  if (fstat(STDIN_FILENO, &status) != 0) return cannot_open(errno);
  // Who reads a file on from its middle wants the rest of it.
  const bool is_whole_file = S_ISREG(status.st_mode) && lseek(STDIN_FILENO, 0, SEEK_CUR) == 0;
  const CaptureState state = is_whole_file
                                 ? map(STDIN_FILENO, static_cast<std::size_t>(status.st_size))
                                 : read_to_end(STDIN_FILENO);
  return state.fault == CaptureFault::kNone ? unpack(Extent::kWhole) : state;
}

void CaptureBytes::release() noexcept {
  if (bytes_ == nullptr) return;
  void* const mapped = const_cast<std::byte*>(bytes_);  // NOLINT: munmap takes no const
  (void)munmap(mapped, size_bytes_);
  left_.reset();
  bytes_ = nullptr;
  size_bytes_ = 0;
}

void CaptureBytes::leave_behind(std::size_t step, std::size_t reader_count) const noexcept {
  if (left_ == nullptr || step * kStepBytes >= size_bytes_) return;
  if (left_[step].fetch_add(1, std::memory_order_relaxed) + 1 >= reader_count) give_back(step);
  // Readers drift apart where the machine has more to do: memory must not grow with that.
  if (step < kStepsHeldMax) return;
  const std::size_t far_behind = step - kStepsHeldMax;
  if (left_[far_behind].load(std::memory_order_relaxed) < reader_count) give_back(far_behind);
}

void CaptureBytes::give_back(std::size_t step) const noexcept {
  const std::size_t begin = step * kStepBytes;
  void* const mapped = const_cast<std::byte*>(bytes_ + begin);  // NOLINT: madvise takes no const
  // The pages are the file's and clean: only this process's view of them goes.
  (void)madvise(mapped, std::min(kStepBytes, size_bytes_ - begin), MADV_DONTNEED);
}

CaptureState CaptureBytes::map(int file, std::size_t size_bytes) noexcept {
  if (size_bytes == 0) return {.fault = CaptureFault::kEmpty};
  void* const mapped = mmap(nullptr, size_bytes, PROT_READ, MAP_PRIVATE, file, 0);
  if (mapped == MAP_FAILED) return cannot_open(errno);
  // Advice only: more read-ahead, and pages behind the cursor may go.
  (void)madvise(mapped, size_bytes, MADV_SEQUENTIAL);
  bytes_ = static_cast<const std::byte*>(mapped);
  size_bytes_ = size_bytes;
  left_ = std::make_unique<std::atomic<std::uint32_t>[]>(size_bytes / kStepBytes + 1);
  return {};
}

// What was not written to gives its addresses back.
void CaptureBytes::keep(std::byte* room, std::size_t room_bytes, std::size_t used_bytes) noexcept {
  const auto page_bytes = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const std::size_t kept_bytes = (used_bytes + page_bytes - 1) / page_bytes * page_bytes;
  if (kept_bytes < room_bytes) (void)munmap(room + kept_bytes, room_bytes - kept_bytes);
  bytes_ = used_bytes == 0 ? nullptr : room;
  size_bytes_ = used_bytes;
}

CaptureState CaptureBytes::read_to_end(int file) noexcept {
  const std::size_t room_bytes = held_bytes_max();
  std::byte* const room = make_room(room_bytes);
  if (room == nullptr) return cannot_open(errno);
  std::size_t used_bytes = 0;
  CaptureState state;
  for (;;) {
    // A full room is too small only if there is a byte more.
    std::byte beyond{};
    const bool is_full = used_bytes == room_bytes;
    const ssize_t got =
        is_full ? read(file, &beyond, 1) : read(file, room + used_bytes, room_bytes - used_bytes);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) state = cannot_open(errno);
    if (got > 0 && is_full) state = {.fault = CaptureFault::kInputTooLarge, .detail = room_bytes};
    if (got <= 0 || is_full) break;
    used_bytes += static_cast<std::size_t>(got);
  }
  keep(room, room_bytes, used_bytes);
  if (state.fault == CaptureFault::kNone && used_bytes == 0) state.fault = CaptureFault::kEmpty;
  return state;
}

// What is compressed gives way to what is in it.
CaptureState CaptureBytes::unpack(Extent extent) noexcept {
  const std::uint32_t magic = magic_of(get());
  const bool is_gzip = (magic & 0xffffff) == kMagicGzip;
  if (!is_gzip && magic != kMagicZstd) return {};
  const std::size_t room_bytes = extent == Extent::kWhole ? held_bytes_max() : kBeginningBytes;
  std::byte* const room = make_room(room_bytes);
  if (room == nullptr) return cannot_open(errno);
  const Unpacked unpacked =
      is_gzip ? unpack_gzip(get(), {room, room_bytes}) : unpack_zstd(get(), {room, room_bytes});
  release();
  keep(room, room_bytes, unpacked.bytes);
  is_damaged_ = unpacked.end == UnpackEnd::kDamaged;
  if (unpacked.end == UnpackEnd::kRoomFull) {
    is_beginning_only_ = extent == Extent::kBeginning;
    if (is_beginning_only_) return {};
    return {.fault = CaptureFault::kUnpacksTooLarge, .detail = room_bytes};
  }
  if (size_bytes_ > 0) return {};
  return {.fault = is_damaged_ ? CaptureFault::kHeaderCut : CaptureFault::kEmpty};
}

}  // namespace mimir::source

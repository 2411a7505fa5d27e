// SPDX-License-Identifier: Apache-2.0
#include "dataplane/source/capture_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dataplane/source/link_number.h"
#include "dataplane/source/unpack.h"

namespace mimir::source {

namespace {

constexpr std::size_t kFileHeaderBytes = 24;
constexpr std::size_t kRecordHeaderBytes = 16;
/// The largest snap length of libpcap (MAXIMUM_SNAPLEN). A longer packet is no
/// packet but the place where a damaged file lost its step.
constexpr std::uint32_t kCapturedBytesMax = 262144;
/// How far ahead of the packet in hand the file is asked for: two to ten packets.
constexpr std::size_t kPrefetchBytes = 1024;

constexpr std::uint32_t kMagicMicroseconds = 0xa1b2c3d4;
constexpr std::uint32_t kMagicNanoseconds = 0xa1b23c4d;
constexpr std::uint32_t kMagicPcapng = 0x0a0d0d0a;  // the same in both byte orders

constexpr std::uint32_t kMagicGzip = 0x088b1f;    // RFC 1952 §2.3.1, with the one method
constexpr std::uint32_t kMagicZstd = 0xfd2fb528;  // RFC 8878 §3.1.1

/// A multiple of every page size. Half the memory is left to the rest.
std::size_t unpacked_bytes_max() noexcept {
  constexpr std::size_t kStepBytes = std::size_t{1} << 20;
  const auto pages = static_cast<std::size_t>(sysconf(_SC_PHYS_PAGES));
  const auto page_bytes = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const std::size_t half = pages / 2 * page_bytes / kStepBytes * kStepBytes;
  return std::clamp(half, kStepBytes, CaptureFile::kUnpackedBytesMax);
}

std::uint32_t load(const std::byte* from) noexcept {
  std::uint32_t value = 0;
  std::memcpy(&value, from, sizeof value);
  return value;
}

}  // namespace

CaptureFile::CaptureFile(const char* path) noexcept {
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  struct stat status {};
  if (file < 0 || fstat(file, &status) != 0) {
    opened_ = {.fault = CaptureFault::kCannotOpen, .detail = static_cast<std::uint64_t>(errno)};
    if (file >= 0) close(file);
    return;
  }
  if (!S_ISREG(status.st_mode)) {
    const int reason = S_ISDIR(status.st_mode) ? EISDIR : ESPIPE;
    opened_ = {.fault = CaptureFault::kCannotOpen, .detail = static_cast<std::uint64_t>(reason)};
    close(file);
    return;
  }
  size_bytes_ = static_cast<std::size_t>(status.st_size);
  const bool is_mapped = map(file);
  close(file);
  if (is_mapped && unpack()) read_header();
}

CaptureFile::~CaptureFile() { release(); }

void CaptureFile::release() noexcept {
  if (bytes_ == nullptr) return;
  void* const mapped = const_cast<std::byte*>(bytes_);  // NOLINT: munmap takes no const
  (void)munmap(mapped, size_bytes_);
  bytes_ = nullptr;
}

bool CaptureFile::map(int file) noexcept {
  if (size_bytes_ == 0) {
    opened_ = {.fault = CaptureFault::kEmpty};
    return false;
  }
  void* const mapped = mmap(nullptr, size_bytes_, PROT_READ, MAP_PRIVATE, file, 0);
  if (mapped == MAP_FAILED) {
    opened_ = {.fault = CaptureFault::kCannotOpen, .detail = static_cast<std::uint64_t>(errno)};
    return false;
  }
  // Advice only: more read-ahead, and pages behind the cursor may go.
  (void)madvise(mapped, size_bytes_, MADV_SEQUENTIAL);
  bytes_ = static_cast<const std::byte*>(mapped);
  return true;
}

// A compressed file gives way to what is in it. The room is only addresses until
// bytes are written to it.
bool CaptureFile::unpack() noexcept {
  const std::uint32_t magic = size_bytes_ < sizeof(std::uint32_t) ? 0 : load(bytes_);
  const bool is_gzip = (magic & 0xffffff) == kMagicGzip;
  if (!is_gzip && magic != kMagicZstd) return true;
  const std::size_t room_bytes = unpacked_bytes_max();
  void* const mapped = mmap(nullptr, room_bytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped == MAP_FAILED) {
    opened_ = {.fault = CaptureFault::kCannotOpen, .detail = static_cast<std::uint64_t>(errno)};
    return false;
  }
  auto* const room = static_cast<std::byte*>(mapped);
  const Unpacked unpacked =
      is_gzip ? unpack_gzip(bytes(), {room, room_bytes}) : unpack_zstd(bytes(), {room, room_bytes});
  release();
  const std::size_t page_bytes = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const std::size_t kept_bytes = (unpacked.bytes + page_bytes - 1) / page_bytes * page_bytes;
  if (kept_bytes < room_bytes) (void)munmap(room + kept_bytes, room_bytes - kept_bytes);
  size_bytes_ = unpacked.bytes;
  if (size_bytes_ > 0) bytes_ = room;
  is_packed_damaged_ = unpacked.end == UnpackEnd::kDamaged;
  if (unpacked.end == UnpackEnd::kRoomFull) {
    opened_ = {.fault = CaptureFault::kUnpacksTooLarge, .detail = room_bytes};
  } else if (size_bytes_ == 0) {
    opened_ = {.fault = is_packed_damaged_ ? CaptureFault::kHeaderCut : CaptureFault::kEmpty};
  }
  return opened_.fault == CaptureFault::kNone;
}

std::uint32_t CaptureFile::field(std::size_t offset) const noexcept {
  const std::uint32_t value = load(bytes_ + offset);
  return is_swapped_ ? __builtin_bswap32(value) : value;
}

// draft-ietf-opsawg-pcap §4.
void CaptureFile::read_header() noexcept {
  if (size_bytes_ < sizeof(std::uint32_t)) {
    opened_ = {.fault = CaptureFault::kHeaderCut};
    return;
  }
  const std::uint32_t magic = load(bytes_);
  const std::uint32_t swapped = __builtin_bswap32(magic);
  if (magic == kMagicPcapng) {
    read_pcapng_header();
    return;
  }
  is_swapped_ = swapped == kMagicMicroseconds || swapped == kMagicNanoseconds;
  const std::uint32_t native = is_swapped_ ? swapped : magic;
  if (native != kMagicMicroseconds && native != kMagicNanoseconds) {
    opened_ = {.fault = CaptureFault::kNotACapture, .detail = magic};
    return;
  }
  has_nanoseconds_ = native == kMagicNanoseconds;
  if (size_bytes_ < kFileHeaderBytes) {
    opened_ = {.fault = CaptureFault::kHeaderCut};
    return;
  }
  std::uint16_t major = 0;
  std::memcpy(&major, bytes_ + 4, sizeof major);
  if (is_swapped_) major = __builtin_bswap16(major);
  if (major != 2) {
    opened_ = {.fault = CaptureFault::kUnsupportedVersion, .detail = major};
    return;
  }
  // The upper six bits may say how long the frame check sequence is.
  const std::uint32_t link_number = field(20) & 0x03ffffff;
  link_ = link_type_of(link_number);
  if (link_ == LinkType::kOther) {
    opened_ = {.fault = CaptureFault::kUnknownLinkType, .detail = link_number};
  }
}

void CaptureFile::read_pcapng_header() noexcept {
  is_pcapng_ = true;
  opened_ = PcapngWalk::probe(bytes());
  if (opened_.fault != CaptureFault::kNone) return;
  PacketView packet;
  LinkType link{};
  if (PcapngWalk(bytes()).next(packet, link)) link_ = link;
}

CaptureSource::CaptureSource(const CaptureFile& file) noexcept
    : file_(file), offset_(kFileHeaderBytes), walk_(file.bytes()) {}

bool CaptureSource::stop(CaptureFault fault, std::uint64_t detail) noexcept {
  ended_ = {.fault = fault, .detail = detail, .offset_bytes = offset_};
  return false;
}

// draft-ietf-opsawg-pcap §5.
bool CaptureSource::read_packet(PacketView& packet) noexcept {
  const std::size_t left = file_.size_bytes_ - offset_;
  if (left == 0) return stop(CaptureFault::kNone, 0);
  if (left < kRecordHeaderBytes) return stop(CaptureFault::kRecordHeaderCut, 0);
  const TimeNs seconds = file_.field(offset_);
  const TimeNs fraction = file_.field(offset_ + 4);
  const std::uint32_t captured_bytes = file_.field(offset_ + 8);
  const std::uint32_t wire_bytes = file_.field(offset_ + 12);
  if (captured_bytes > kCapturedBytesMax) {
    return stop(CaptureFault::kImplausibleLength, captured_bytes);
  }
  if (captured_bytes > left - kRecordHeaderBytes) return stop(CaptureFault::kPacketCut, 0);
  __builtin_prefetch(file_.bytes_ + offset_ + kPrefetchBytes);
  // A fraction of a second or more carries over, as other readers have it.
  packet = {
      .data = file_.bytes_ + offset_ + kRecordHeaderBytes,
      .captured_bytes = captured_bytes,
      .wire_bytes = wire_bytes,
      .time_ns = seconds * kNsPerSecond + (file_.has_nanoseconds_ ? fraction : fraction * 1000)};
  offset_ += kRecordHeaderBytes + captured_bytes;
  return true;
}

Poll CaptureSource::poll_pcapng(PacketBatch& batch) noexcept {
  batch.now_ns = 0;
  batch.count = 0;
  while (batch.count < PacketBatch::kPacketMax) {
    if (!has_ahead_ && !walk_.next(ahead_, ahead_link_)) {
      ended_ = walk_.ended();
      break;
    }
    has_ahead_ = batch.count > 0 && ahead_link_ != batch.link;
    if (has_ahead_) break;
    batch.link = ahead_link_;
    batch.packets[batch.count++] = ahead_;
  }
  return batch.count == 0 ? Poll::kEnd : Poll::kMore;
}

Poll CaptureSource::poll_pcap(PacketBatch& batch) noexcept {
  batch.link = file_.link_;
  batch.now_ns = 0;
  batch.count = 0;
  while (batch.count < PacketBatch::kPacketMax && read_packet(batch.packets[batch.count])) {
    ++batch.count;
  }
  return batch.count == 0 ? Poll::kEnd : Poll::kMore;
}

Poll CaptureSource::poll(PacketBatch& batch) noexcept {
  const Poll poll = file_.is_pcapng_ ? poll_pcapng(batch) : poll_pcap(batch);
  if (poll == Poll::kMore || !file_.is_packed_damaged_) return poll;
  // That the unpacked bytes end inside a packet is but what follows from it.
  const CaptureFault fault = ended_.fault;
  if (fault == CaptureFault::kNone || fault == CaptureFault::kRecordHeaderCut ||
      fault == CaptureFault::kPacketCut || fault == CaptureFault::kBlockCut) {
    ended_ = {.fault = CaptureFault::kPackedDamaged, .offset_bytes = ended_.offset_bytes};
  }
  return poll;
}

}  // namespace mimir::source

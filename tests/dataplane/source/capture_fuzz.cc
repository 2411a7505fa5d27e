// SPDX-License-Identifier: Apache-2.0
#include <bit>
#include <cstring>

#include "dataplane/source/capture_file.h"
#include "tests/frame_corpus.h"
#include "tests/fuzz_target.h"
#include "tests/pcap_bytes.h"
#include "tests/pcapng_bytes.h"
#include "tests/temporary_file.h"

namespace mimir::test {

std::vector<FuzzInput> fuzz_seeds() {
  std::vector<FuzzInput> seeds;
  const std::vector<NamedFrame> frames = good_frames();
  for (const std::uint32_t link_number : {1u, 101u, 113u, 276u}) {
    for (const bool big_endian : {false, true}) {
      PcapBytes bytes(
          {.link_number = link_number, .big_endian = big_endian, .nanoseconds = big_endian});
      for (std::uint32_t i = 0; i < 4; ++i) bytes.packet(i, i, frames[i].frame);
      seeds.push_back(bytes.bytes());
    }
  }
  PcapBytes many;
  for (std::uint32_t i = 0; i < 150; ++i) many.packet(i, i, frames[i % frames.size()].frame);
  seeds.push_back(many.bytes());
  for (const bool big_endian : {false, true}) {
    PcapngBytes blocks(big_endian);
    blocks.interface(1, 0, blocks.option(9, 9, 1)).interface(101, 64, blocks.option(14, 5, 8));
    const std::span<const std::byte> frame = frames[0].frame.bytes();
    const auto frame_bytes = static_cast<std::uint32_t>(frame.size());
    blocks.enhanced(0, 1, frame, frame_bytes).obsolete(1, 2, frame, frame_bytes);
    blocks.simple(frame, frame_bytes).section(!big_endian).interface(113);
    seeds.push_back(blocks.enhanced(0, 3, frame, frame_bytes).bytes());
  }
  return seeds;
}

std::vector<FuzzInput> fuzz_inputs_of(std::span<const std::byte> file) {
  return {{file.begin(), file.end()}};
}

namespace {

/// Walks the records by arithmetic on the bytes, in the file's own order.
class NaiveWalk {
 public:
  explicit NaiveWalk(std::span<const std::byte> bytes) : bytes_(bytes) {
    is_big_ = bytes[0] == std::byte{0xa1};
    const std::byte low = is_big_ ? bytes[3] : bytes[0];
    unit_ns_ = low == std::byte{0x4d} ? 1 : 1000;
  }

  void expect(const source::PacketView& packet) {
    must(at_ + 16 <= bytes_.size(), "a packet has a record header");
    const std::uint32_t captured = field(at_ + 8);
    must(packet.data != nullptr, "a packet has bytes");
    must(packet.captured_bytes == captured, "the captured length is the file's");
    must(packet.wire_bytes == field(at_ + 12), "the wire length is the file's");
    must(packet.time_ns == field(at_) * kNsPerSecond + field(at_ + 4) * unit_ns_,
         "the time is the file's");
    must(at_ + 16 + captured <= bytes_.size(), "a packet lies inside the file");
    must(std::memcmp(packet.data, bytes_.data() + at_ + 16, captured) == 0,
         "the bytes are the file's");
    at_ += 16 + captured;
  }

  [[nodiscard]] std::size_t at() const { return at_; }

 private:
  [[nodiscard]] std::uint32_t field(std::size_t at) const {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      value = value << 8 | std::to_integer<std::uint32_t>(bytes_[at + (is_big_ ? i : 3 - i)]);
    }
    return value;
  }

  std::span<const std::byte> bytes_;
  bool is_big_ = false;
  TimeNs unit_ns_ = 1000;
  std::size_t at_ = 24;
};

/// What holds of any pcapng file, whatever is in it.
void examine_pcapng(std::span<const std::byte> bytes) {
  using source::CaptureFault;
  source::PcapngWalk walk(bytes);
  source::PacketView packet;
  LinkType link{};
  std::size_t behind = 0;
  while (walk.next(packet, link)) {
    const auto at = static_cast<std::size_t>(packet.data - bytes.data());
    must(at >= behind + 12, "packets come in the file's order, each behind a block's header");
    must(at + packet.captured_bytes + 4 <= bytes.size(), "a packet lies inside the file");
    must(packet.time_ns <= source::PcapngWalk::kTimeMaxNs &&
             packet.time_ns >= -source::PcapngWalk::kTimeMaxNs,
         "a time is held to its bounds");
    behind = at + packet.captured_bytes;
  }
  const source::CaptureState& ended = walk.ended();
  must(ended.offset_bytes <= bytes.size(), "reading stopped inside the file");
  must(ended.fault != CaptureFault::kNone || ended.offset_bytes == bytes.size(),
       "without a fault all was read");
  must(ended.fault == CaptureFault::kNone || ended.fault >= CaptureFault::kBlockCut,
       "reading names only faults of blocks");
}

}  // namespace

}  // namespace mimir::test

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mimir::source;
  using mimir::test::must;
  static mimir::test::TemporaryFile on_disk({});
  const std::span<const std::byte> bytes = std::as_bytes(std::span(data, size));
  must(on_disk.set(bytes), "the input can be written");
  const CaptureFile file(on_disk.path());
  const CaptureFault opened = file.opened().fault;
  must(opened < CaptureFault::kRecordHeaderCut, "opening names only faults of the first group");
  const bool is_packed = size > 0 && (bytes[0] == std::byte{0x1f} || bytes[0] == std::byte{0x28});
  must(size > 0 || opened == CaptureFault::kEmpty, "what has no byte is empty");
  must(opened != CaptureFault::kEmpty || size == 0 || is_packed, "and nothing else, unpacked, is");
  if (opened != CaptureFault::kNone) return 0;
  CaptureSource source(file);
  PacketBatch batch;
  if (is_packed) {
    while (source.poll(batch) == Poll::kMore) {
    }
    return 0;
  }
  must(size >= 24, "a capture has a header");
  if (bytes[0] == std::byte{0x0a}) {
    mimir::test::examine_pcapng(bytes);
    return 0;
  }
  mimir::test::NaiveWalk naive(bytes);
  while (source.poll(batch) == Poll::kMore) {
    must(batch.count > 0 && batch.count <= PacketBatch::kPacketMax, "a batch has packets");
    for (std::size_t i = 0; i < batch.count; ++i) naive.expect(batch.packets[i]);
  }
  const CaptureState& ended = source.ended();
  must(ended.offset_bytes == naive.at(), "reading stopped behind the last packet");
  must((ended.fault == CaptureFault::kNone) == (ended.offset_bytes == size),
       "without a fault all was read");
  must(ended.fault == CaptureFault::kNone || ended.fault >= CaptureFault::kRecordHeaderCut,
       "reading names only faults of the second group");
  return 0;
}

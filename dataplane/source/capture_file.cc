// SPDX-License-Identifier: Apache-2.0
#include "dataplane/source/capture_file.h"

#include <cstring>

namespace mimir::source {

namespace {

constexpr std::uint32_t kMagicPcapng = 0x0a0d0d0a;  // the same in both byte orders

}  // namespace

CaptureFile::CaptureFile(const char* path, Extent extent) noexcept
    : opened_(bytes_.open(path, extent)) {
  if (opened_.fault == CaptureFault::kNone) read_header();
}

CaptureFile::CaptureFile(StandardInput /*which*/) noexcept : opened_(bytes_.open_standard_input()) {
  if (opened_.fault == CaptureFault::kNone) read_header();
}

void CaptureFile::read_header() noexcept {
  const std::span<const std::byte> bytes = bytes_.get();
  std::uint32_t magic = 0;
  if (bytes.size() < sizeof magic) {
    opened_ = {.fault = CaptureFault::kHeaderCut};
    return;
  }
  std::memcpy(&magic, bytes.data(), sizeof magic);
  if (magic == kMagicPcapng) {
    read_pcapng_header();
    return;
  }
  opened_ = PcapWalk::probe(bytes, pcap_header_);
  link_ = pcap_header_.link;
}

void CaptureFile::read_pcapng_header() noexcept {
  is_pcapng_ = true;
  opened_ = PcapngWalk::probe(bytes_.get());
  if (opened_.fault != CaptureFault::kNone) return;
  PacketView packet;
  LinkType link{};
  if (PcapngWalk(bytes_.get()).next(packet, link)) link_ = link;
}

CaptureSource::CaptureSource(const CaptureFile& file, std::size_t reader_count) noexcept
    : file_(file),
      reader_count_(reader_count),
      pcap_(file.bytes_.get(), file.pcap_header_),
      pcapng_(file.bytes_.get()) {}

void CaptureSource::fill_from_pcap(PacketBatch& batch) noexcept {
  batch.link = file_.link_;
  batch.count = pcap_.read(batch.packets);
}

void CaptureSource::fill_from_pcapng(PacketBatch& batch) noexcept {
  while (batch.count < PacketBatch::kPacketMax) {
    if (!has_ahead_ && !pcapng_.next(ahead_, ahead_link_)) break;
    has_ahead_ = batch.count > 0 && ahead_link_ != batch.link;
    if (has_ahead_) break;
    batch.link = ahead_link_;
    batch.packets[batch.count++] = ahead_;
  }
}

Poll CaptureSource::poll(PacketBatch& batch) noexcept {
  batch.now_ns = 0;
  batch.count = 0;
  if (file_.is_pcapng_) {
    fill_from_pcapng(batch);
  } else {
    fill_from_pcap(batch);
  }
  if (batch.count > 0) {
    leave_behind(file_.is_pcapng_ ? pcapng_.offset() : pcap_.offset());
    return Poll::kMore;
  }
  end();
  return Poll::kEnd;
}

// The packets of the batch in hand may lie in the step that is left: they can be read on.
void CaptureSource::leave_behind(std::size_t offset) noexcept {
  for (; offset / CaptureBytes::kStepBytes > step_; ++step_) {
    file_.bytes_.leave_behind(step_, reader_count_);
  }
}

void CaptureSource::end() noexcept {
  ended_ = file_.is_pcapng_ ? pcapng_.ended() : pcap_.ended();
  if (!file_.bytes_.is_damaged()) return;
  // That the unpacked bytes end inside a packet is but what follows from it.
  const CaptureFault fault = ended_.fault;
  if (fault == CaptureFault::kNone || fault == CaptureFault::kRecordHeaderCut ||
      fault == CaptureFault::kPacketCut || fault == CaptureFault::kBlockCut) {
    ended_ = {.fault = CaptureFault::kPackedDamaged, .offset_bytes = ended_.offset_bytes};
  }
}

}  // namespace mimir::source

// SPDX-License-Identifier: Apache-2.0
#include "tools/bench/imix_capture.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "dataplane/source/generated_traffic.h"
#include "tools/simulator/pcap_writer.h"

namespace mimir::tools {

namespace {

constexpr TimeNs kFirstPacketNs = 1'700'000'000 * kNsPerSecond;
constexpr TimeNs kPacketIntervalNs = 1000;
constexpr std::size_t kSizeCount = 12;  // 7 + 4 + 1

// The sizes in an order that no predictor learns.
std::size_t size_index(std::uint64_t packet) {
  constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15;
  std::uint64_t mixed = packet * kOdd;
  mixed = (mixed ^ mixed >> 32) * kOdd;
  return static_cast<std::size_t>((mixed >> 32) * kSizeCount >> 32);
}

}  // namespace

bool write_imix_capture(const std::string& path, std::uint64_t packet_count,
                        std::uint32_t flow_count, config::Diagnostics& diagnostics) {
  std::optional<simulator::PcapWriter> writer = simulator::PcapWriter::create(path, diagnostics);
  if (!writer) return false;
  const source::TrafficOptions traffic{.sizes = source::TrafficSizes::kImix,
                                       .flow_count = flow_count};
  const source::FrameShape shape(traffic);
  std::array<std::vector<std::uint8_t>, kSizeCount> records;  // a record header and its frame
  for (std::size_t i = 0; i < kSizeCount; ++i) {
    const std::vector<std::byte> frame = shape.build(shape.frame_bytes(i));
    records[i].resize(simulator::kPcapRecordHeaderBytes + frame.size());
    std::ranges::copy(frame, std::as_writable_bytes(std::span(records[i]))
                                 .subspan(simulator::kPcapRecordHeaderBytes)
                                 .begin());
  }
  source::FlowDraw draw(traffic);
  for (std::uint64_t i = 0; i < packet_count; ++i) {
    std::vector<std::uint8_t>& record = records[size_index(i)];
    const std::size_t frame_bytes = record.size() - simulator::kPcapRecordHeaderBytes;
    const auto frame = std::as_writable_bytes(std::span(record)).last(frame_bytes);
    shape.write(frame.data(), draw.next());
    simulator::write_pcap_record_header(kFirstPacketNs + static_cast<TimeNs>(i) * kPacketIntervalNs,
                                        static_cast<std::uint32_t>(frame_bytes), record.data());
    writer->write(record);
  }
  return writer->finish(diagnostics);
}

}  // namespace mimir::tools

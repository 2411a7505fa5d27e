// SPDX-License-Identifier: Apache-2.0
#include "tools/bench/capture_file.h"

#include <array>
#include <cstring>
#include <optional>
#include <vector>

#include "tools/simulator/pcap_writer.h"

namespace mimir::tools {

namespace {

constexpr TimeNs kFirstPacketNs = 1'700'000'000 * kNsPerSecond;
constexpr TimeNs kPacketIntervalNs = 1000;
constexpr std::size_t kFrameBytesMax = 1514;
constexpr std::size_t kHeaderBytes = 42;  // Ethernet, IPv4, UDP
// Without the frame check sequence, which a capture does not hold.
constexpr std::array<std::uint16_t, 12> kFrameBytes{60, 60,  60,  60,  60,  60,
                                                    60, 590, 590, 590, 590, 1514};

std::uint64_t next_random(std::uint64_t& state) {  // SplitMix64
  std::uint64_t z = state += 0x9e3779b97f4a7c15;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

void put16(std::uint8_t* at, std::size_t value) {
  at[0] = static_cast<std::uint8_t>(value >> 8);
  at[1] = static_cast<std::uint8_t>(value);
}

void put_headers(std::uint8_t* frame, std::size_t frame_bytes, std::uint32_t flow) {
  static constexpr std::array<std::uint8_t, kHeaderBytes> kHeaders{
      0x02, 0,    0, 0,  0, 2, 0x02, 0, 0,  0,  0, 1, 0x08, 0x00,                      //
      0x45, 0,    0, 0,  0, 0, 0,    0, 64, 17, 0, 0, 10,   0,    0, 0, 192, 0, 2, 1,  //
      0x9c, 0x40, 0, 53, 0, 0, 0,    0};
  std::memcpy(frame, kHeaders.data(), kHeaders.size());
  put16(frame + 16, frame_bytes - 14);
  put16(frame + 26, 0x0a00 | flow >> 16);
  put16(frame + 28, flow);
  put16(frame + 38, frame_bytes - 34);
}

}  // namespace

bool write_bench_capture(const std::string& path, std::uint64_t packet_count,
                         std::uint32_t flow_count, config::Diagnostics& diagnostics) {
  std::optional<simulator::PcapWriter> writer = simulator::PcapWriter::create(path, diagnostics);
  if (!writer) return false;
  std::vector<std::uint8_t> record(simulator::kPcapRecordHeaderBytes + kFrameBytesMax);
  std::uint8_t* const frame = record.data() + simulator::kPcapRecordHeaderBytes;
  std::uint64_t random = 1;
  for (std::uint64_t i = 0; i < packet_count; ++i) {
    const std::uint64_t drawn = next_random(random);
    const std::size_t bytes = kFrameBytes[drawn % kFrameBytes.size()];
    put_headers(frame, bytes, static_cast<std::uint32_t>((drawn >> 32) * flow_count >> 32));
    simulator::write_pcap_record_header(kFirstPacketNs + static_cast<TimeNs>(i) * kPacketIntervalNs,
                                        static_cast<std::uint32_t>(bytes), record.data());
    writer->write({record.data(), simulator::kPcapRecordHeaderBytes + bytes});
  }
  return writer->finish(diagnostics);
}

}  // namespace mimir::tools

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "dataplane/record/flow_record.h"
#include "model/detector/detector_set.h"
#include "model/window.h"

namespace mimir::test {

inline constexpr TimeNs kWindowNs = 10 * kNsPerSecond;
/// A Monday; on the grid of the windows.
inline constexpr TimeNs kStartNs = TimeNs{1'767'571'200} * kNsPerSecond;

constexpr TimeNs seconds(double count) { return static_cast<TimeNs>(count * 1e9); }

/// What one side of a flow sent.
struct Sent {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  std::uint8_t flags = 0;  ///< OR of all
  std::uint8_t signs = 0;
};

inline constexpr Sent kSilence{};
inline constexpr Sent kSyn{.packets = 1, .bytes = 60, .flags = 0x02, .signs = 0x01};
inline constexpr Sent kReset{.packets = 1, .bytes = 40, .flags = 0x14, .signs = 0x08};
inline constexpr Sent kSynAck{.packets = 1, .bytes = 60, .flags = 0x12, .signs = 0x02};

/// A whole connection of HTTP's size, as its client and its server send it.
inline constexpr Sent kAsking{.packets = 6, .bytes = 700, .flags = 0x1b, .signs = 0x15};
inline constexpr Sent kAnswering{.packets = 5, .bytes = 2000, .flags = 0x1b, .signs = 0x16};

/// Flow records as a dataplane would have written them, for detectors to see.
class Trace {
 public:
  struct Flow {
    TimeNs first_ns = 0;
    TimeNs last_ns = 0;
    Address client;
    std::uint16_t client_port = 0;
    Address server;
    std::uint16_t server_port = 0;
    std::uint8_t protocol = kProtocolTcp;
  };

  /// A flow within one window.
  void add(const Flow& flow, const Sent& client, const Sent& server) {
    FlowRecord record;
    const bool is_low =
        std::pair(flow.client, flow.client_port) < std::pair(flow.server, flow.server_port);
    record.key = {.low_address = is_low ? flow.client : flow.server,
                  .high_address = is_low ? flow.server : flow.client,
                  .low_port = is_low ? flow.client_port : flow.server_port,
                  .high_port = is_low ? flow.server_port : flow.client_port,
                  .protocol = flow.protocol};
    record.first_ns = flow.first_ns;
    record.last_ns = std::max(flow.first_ns, flow.last_ns);
    record.first_direction =
        is_low == (client.packets > 0) ? Direction::kLowToHigh : Direction::kHighToLow;
    const auto put = [&record](std::size_t direction, const Sent& sent) {
      record.packets[direction] = sent.packets;
      record.bytes[direction] = sent.bytes;
      record.tcp_flags[direction] = sent.flags;
      record.signs[direction] = sent.signs;
    };
    put(is_low ? 0 : 1, client);
    put(is_low ? 1 : 0, server);
    record.window = window_of(record.first_ns, kWindowNs);
    records_.push_back(record);
  }

  /// One TCP flow from a port of its own.
  void tcp(double second, std::uint32_t client, std::uint32_t server, std::uint16_t port,
           const Sent& sent, const Sent& received, double duration_s = 0) {
    next_port_ = next_port_ == 60999 ? 32768 : static_cast<std::uint16_t>(next_port_ + 1);
    add({.first_ns = kStartNs + seconds(second),
         .last_ns = kStartNs + seconds(second + duration_s),
         .client = Address::from_ipv4(client),
         .client_port = next_port_,
         .server = Address::from_ipv4(server),
         .server_port = port},
        sent, received);
  }

  void udp(double second, std::uint32_t client, std::uint32_t server, std::uint16_t port,
           std::uint64_t replies, std::uint64_t packets = 1, std::uint64_t packet_bytes = 60) {
    add({.first_ns = kStartNs + seconds(second),
         .client = Address::from_ipv4(client),
         .client_port = 40000,
         .server = Address::from_ipv4(server),
         .server_port = port,
         .protocol = kProtocolUdp},
        {.packets = packets, .bytes = packets * packet_bytes},
        {.packets = replies, .bytes = replies * packet_bytes});
  }

  void icmp(double second, std::uint32_t client, std::uint32_t server, const Sent& sent,
            const Sent& received) {
    add({.first_ns = kStartNs + seconds(second),
         .client = Address::from_ipv4(client),
         .server = Address::from_ipv4(server),
         .protocol = kProtocolIcmp},
        sent, received);
  }

  /// Hands over everything, window by window.
  template <class See>
  void windows(See see) const {
    std::map<WindowIndex, std::map<FlowKey, FlowRecord>> windows;
    for (const FlowRecord& record : records_) {
      const auto [place, is_new] = windows[record.window].emplace(record.key, record);
      if (!is_new) merge(place->second, record);
    }
    for (const auto& [index, flows] : windows) {
      std::vector<FlowRecord> records;
      for (const auto& [key, record] : flows) records.push_back(record);
      see(Window{.index = index,
                 .begin_ns = index * kWindowNs,
                 .end_ns = (index + 1) * kWindowNs,
                 .records = records,
                 .packets = {},
                 .facts = {}});
    }
  }

  /// What `detectors` find in it, in order.
  std::vector<detector::Finding> run(detector::DetectorSet& detectors) const {
    std::vector<detector::Finding> findings;
    const auto keep = [&findings](const std::vector<detector::Finding>& more) {
      findings.insert(findings.end(), more.begin(), more.end());
    };
    windows([&](const Window& window) { keep(detectors.add(window)); });
    keep(detectors.flush());
    return findings;
  }

 private:
  std::vector<FlowRecord> records_;
  std::uint16_t next_port_ = 32768;
};

constexpr std::uint32_t ip(unsigned a, unsigned b, unsigned c, unsigned d) {
  return a << 24 | b << 16 | c << 8 | d;
}

/// The fact of that name, NaN if there is none.
inline double fact(const detector::Finding& finding, std::string_view name) {
  for (const detector::Fact& each : finding.facts) {
    if (each.name != name) continue;
    if (const auto* count = std::get_if<std::uint64_t>(&each.value)) {
      return static_cast<double>(*count);
    }
    if (const auto* real = std::get_if<double>(&each.value)) return *real;
  }
  return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace mimir::test

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include "dataplane/record/record_ring.h"
#include "dataplane/source/packet_source.h"
#include "dataplane/worker.h"
#include "tests/dataplane/wire/naive_dissect.h"
#include "tests/frame.h"
#include "tests/frame_corpus.h"
#include "tests/random.h"

namespace mimir::test {

struct TimedFrame {
  Frame frame;
  TimeNs time_ns = 0;
};

/// What one poll of a FakeSource brings: packets, or only the time.
struct Burst {
  std::vector<TimedFrame> packets{};
  TimeNs now_ns = 0;
  source::QueueLoad load = source::QueueLoad::kCalm;
};

/// Brings the bursts it was given, then ends. All frames are Ethernet.
class FakeSource final : public source::PacketSource {
 public:
  explicit FakeSource(const std::vector<Burst>& bursts) : bursts_(bursts) {}

  source::Poll poll(source::PacketBatch& batch) noexcept override {
    batch.link = LinkType::kEthernet;
    batch.count = 0;
    if (next_ == bursts_.size()) return source::Poll::kEnd;
    const Burst& burst = bursts_[next_];
    ++next_;
    batch.now_ns = burst.now_ns;
    batch.load = burst.load;
    for (const TimedFrame& packet : burst.packets) {
      batch.packets[batch.count] = {
          .data = packet.frame.bytes().data(),
          .captured_bytes = static_cast<std::uint32_t>(packet.frame.bytes().size()),
          .wire_bytes = packet.frame.wire_bytes(),
          .time_ns = packet.time_ns};
      ++batch.count;
    }
    return source::Poll::kMore;
  }

 private:
  const std::vector<Burst>& bursts_;
  std::size_t next_ = 0;
};

/// The control plane's end of a ring: all that a worker said, by window, and
/// whether it kept its word about what is complete.
class Reader {
 public:
  using FlowOfWindow = std::pair<WindowIndex, FlowKey>;

  /// Takes what is there. True once the worker has ended and all is taken.
  bool drain(RecordRing& ring) {
    const WindowIndex complete = ring.completed_through();
    FlowRecord record;
    while (ring.pop_records({&record, 1}) == 1) {
      broke_its_word_ = broke_its_word_ || record.window <= complete_;
      ++record_count_[record.window];
      packets_[record.window] += record.packets[0] + record.packets[1];
      const auto [flow, is_new] = flows_.try_emplace({record.window, record.key}, record);
      if (!is_new) merge(flow->second, record);
    }
    PayloadFact fact;
    while (ring.pop_fact(fact)) facts_.push_back(fact);
    WindowReport report;
    while (ring.pop_report(report)) {
      broke_its_word_ = broke_its_word_ || report.window <= complete_;
      broke_its_word_ = broke_its_word_ || !reports_.emplace(report.window, report).second;
    }
    broke_its_word_ = broke_its_word_ || complete < complete_;
    complete_ = complete;
    return complete == RecordRing::kAllComplete;
  }

  [[nodiscard]] bool broke_its_word() const { return broke_its_word_; }
  [[nodiscard]] WindowIndex complete() const { return complete_; }
  [[nodiscard]] const std::map<FlowOfWindow, FlowRecord>& flows() const { return flows_; }
  [[nodiscard]] const std::map<WindowIndex, WindowReport>& reports() const { return reports_; }
  [[nodiscard]] const std::vector<PayloadFact>& facts() const { return facts_; }
  [[nodiscard]] std::uint64_t record_count(WindowIndex window) const {
    const auto found = record_count_.find(window);
    return found == record_count_.end() ? 0 : found->second;
  }
  [[nodiscard]] std::uint64_t packets(WindowIndex window) const {
    const auto found = packets_.find(window);
    return found == packets_.end() ? 0 : found->second;
  }

 private:
  WindowIndex complete_ = RecordRing::kNothingComplete;
  bool broke_its_word_ = false;
  std::map<FlowOfWindow, FlowRecord> flows_;
  std::vector<PayloadFact> facts_;
  std::map<WindowIndex, WindowReport> reports_;
  std::map<WindowIndex, std::uint64_t> record_count_;
  std::map<WindowIndex, std::uint64_t> packets_;
};

/// Drives a worker on this thread, reading after every step.
inline Reader run(const WorkerOptions& options, const std::vector<Burst>& bursts) {
  FakeSource source(bursts);
  RecordRing ring(std::size_t{1} << 16, std::size_t{1} << 14);
  Reader reader;
  Worker worker(options, source, ring);
  while (worker.step()) (void)reader.drain(ring);
  worker.finish();
  (void)reader.drain(ring);
  return reader;
}

/// What a worker must say of these bursts, told with two std::map and the naive
/// dissector: no table, no sweep, no ring.
struct NaiveCount {
  std::map<Reader::FlowOfWindow, FlowRecord> flows;
  std::map<WindowIndex, WindowReport> reports;

  NaiveCount(const WorkerOptions& options, const std::vector<Burst>& bursts) {
    for (const Burst& burst : bursts) {
      if (burst.packets.empty()) latest_ns_ = std::max(latest_ns_, burst.now_ns);
      for (const TimedFrame& packet : burst.packets) count(options, packet);
    }
  }

 private:
  void count(const WorkerOptions& options, const TimedFrame& packet) {
    const bool is_out_of_order = packet.time_ns < latest_ns_;
    latest_ns_ = std::max(latest_ns_, packet.time_ns);
    const TimeNs bound_ns = latest_ns_ - options.lateness_ns;
    const WindowIndex own = window_of(packet.time_ns, options.window_ns);
    const bool is_too_late = own < window_of(bound_ns, options.window_ns);
    const WindowIndex shown = is_too_late ? window_of(latest_ns_, options.window_ns) : own;
    WindowReport& report = reports[shown];
    report.window = shown;
    ++report.packets.received;
    if (!is_too_late) {
      const bool is_first = report.first_ns == 0;
      report.first_ns = is_first ? packet.time_ns : std::min(report.first_ns, packet.time_ns);
      report.last_ns = is_first ? packet.time_ns : std::max(report.last_ns, packet.time_ns);
    }
    NaiveFacts facts;
    const Frame& frame = packet.frame;
    Drop drop = NaiveDissector(frame.link(), frame.bytes(), frame.wire_bytes()).run(facts);
    if (facts.fragment != '-') match_fragment(packet.time_ns, drop, facts);
    if (drop == Drop::kNone && is_too_late) drop = Drop::kTooLate;
    if (drop != Drop::kNone) {
      ++report.packets.dropped[static_cast<std::size_t>(drop)];
      return;
    }
    ++report.packets.counted;
    report.packets.counted_bytes += facts.ip_bytes;
    if (is_out_of_order) ++report.packets.out_of_order;
    FlowRecord record{.key = facts.key,
                      .window = own,
                      .first_ns = packet.time_ns,
                      .last_ns = packet.time_ns,
                      .first_direction = facts.direction};
    record.packets[index(facts.direction)] = 1;
    record.bytes[index(facts.direction)] = facts.ip_bytes;
    record.tcp_flags[index(facts.direction)] = facts.tcp_flags;
    record.signs[index(facts.direction)] = sign_of(facts.tcp_flags);
    const auto [flow, is_new] = flows.try_emplace({own, facts.key}, record);
    if (!is_new) merge(flow->second, record);
  }

  // A first fragment lends its transport to those of its datagram within 30 s.
  void match_fragment(TimeNs time_ns, Drop& drop, NaiveFacts& facts) {
    const bool is_ipv4 = facts.source.is_ipv4();
    const FragmentName name{facts.source, facts.destination, facts.identification,
                            is_ipv4 ? facts.ip_protocol : 0};
    const bool is_low = facts.direction == Direction::kLowToHigh;
    if (drop == Drop::kNone && facts.fragment == 'f') {
      fragments_[name] = {time_ns, facts.key, is_low};
    }
    const auto found = fragments_.find(name);
    if (drop != Drop::kIpFragment || found == fragments_.end()) return;
    const TimeNs age_ns = time_ns - found->second.time_ns;
    if (age_ns > 30 * kNsPerSecond || age_ns < -30 * kNsPerSecond) return;
    drop = Drop::kNone;
    facts.key = found->second.key;
    facts.direction = found->second.is_low ? Direction::kLowToHigh : Direction::kHighToLow;
    facts.tcp_flags = 0;
  }

  using FragmentName = std::tuple<Address, Address, std::uint64_t, std::uint64_t>;
  struct FirstFragment {
    TimeNs time_ns = 0;
    FlowKey key;
    bool is_low = false;
  };

  TimeNs latest_ns_ = std::numeric_limits<TimeNs>::min();
  std::map<FragmentName, FirstFragment> fragments_;
};

struct TrafficShape {
  std::size_t burst_count = 200;
  std::uint64_t host_count = 20;
  TimeNs step_ns = 20'000'000;      ///< mean time between packets
  TimeNs disorder_ns = 0;           ///< how far back a packet may be stamped
  TimeNs gap_ns = 0;                ///< now and then time leaps on by up to this
  std::uint64_t idle_one_in = 0;    ///< one poll in so many brings only the time
  std::uint64_t broken_one_in = 6;  ///< one frame in so many has a byte changed
};

/// Every packet has its own nanosecond, so that no order is a matter of ties.
inline std::vector<Burst> random_traffic(std::uint64_t seed, const TrafficShape& shape) {
  constexpr TimeNs kStart = 1'700'000'000 * kNsPerSecond;
  constexpr TimeNs kGrain = 1'000'000;
  Random random(seed);
  std::vector<NamedFrame> good = good_frames();
  std::erase_if(good, [](const NamedFrame& f) { return f.frame.link() != LinkType::kEthernet; });
  std::vector<Burst> bursts(shape.burst_count);
  TimeNs now_ns = kStart;
  TimeNs serial = 0;
  const auto draw = [&random](TimeNs bound) {
    return bound == 0 ? 0 : static_cast<TimeNs>(random.below(static_cast<std::uint64_t>(bound)));
  };
  for (Burst& burst : bursts) {
    if (shape.idle_one_in != 0 && random.below(shape.idle_one_in) == 0) {
      now_ns += draw(40 * shape.step_ns);
      burst.now_ns = now_ns / kGrain * kGrain;
      continue;
    }
    const std::uint64_t count = 1 + random.below(source::PacketBatch::kPacketMax);
    for (std::uint64_t i = 0; i < count; ++i) {
      now_ns += draw(2 * shape.step_ns);
      if (random.below(500) == 0) now_ns += draw(shape.gap_ns);
      Frame frame = good[random.below(good.size())].frame;
      if (frame.ip_at() > 0) {  // other hosts: the lowest byte of both addresses
        const std::size_t end = frame.bytes()[frame.ip_at()] == std::byte{0x60} ? 39 : 19;
        const std::size_t size = end == 39 ? 16 : 4;
        frame.set_ip(end - size, static_cast<std::uint8_t>(random.below(shape.host_count)));
        frame.set_ip(end, static_cast<std::uint8_t>(random.below(shape.host_count)));
      }
      if (random.below(shape.broken_one_in) == 0) {
        frame.set_link(random.below(frame.bytes().size()),
                       static_cast<std::uint8_t>(random.next()));
      }
      const TimeNs stamp_ns = now_ns - (random.below(3) == 0 ? draw(shape.disorder_ns) : 0);
      burst.packets.push_back({frame, stamp_ns / kGrain * kGrain + ++serial});
    }
  }
  return bursts;
}

}  // namespace mimir::test

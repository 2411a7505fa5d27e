// SPDX-License-Identifier: Apache-2.0
#include "tools/bench/dataplane_bench.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <functional>
#include <limits>
#include <memory>
#include <unistd.h>

#include <fmt/format.h>

#include "dataplane/record/record_ring.h"
#include "dataplane/source/eal.h"
#include "dataplane/source/mbuf_generator.h"
#include "dataplane/worker.h"
#include "tools/bench/ring_reader.h"

namespace mimir::tools {

namespace {

constexpr std::size_t kRingRecordCount = std::size_t{1} << 18;
constexpr std::size_t kRingFactCount = std::size_t{1} << 15;
constexpr std::size_t kStepMax = std::size_t{1} << 20;

std::uint64_t now_ns(clockid_t clock) {
  timespec time{};
  (void)clock_gettime(clock, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(time.tv_nsec);
}

std::size_t resident_bytes() {
  std::FILE* const file = std::fopen("/proc/self/statm", "re");
  if (file == nullptr) return 0;
  unsigned long all = 0;
  unsigned long resident = 0;
  const int fields = std::fscanf(file, "%lu %lu", &all, &resident);
  (void)std::fclose(file);
  return fields == 2 ? resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) : 0;
}

// A flow that is replaced stays in the table until the second window's edge.
std::size_t table_flow_count(const source::TrafficOptions& traffic) {
  const double flows = traffic.flow_count;
  const bool is_churn = traffic.law == source::TrafficLaw::kChurn;
  const double count = is_churn ? flows * (1 + 3 * traffic.churn_share) : flows;
  return std::max<std::size_t>(static_cast<std::size_t>(count), 4096);
}

WorkerOptions worker_options(const DataplaneSettings& settings, RingFull ring_full) {
  const source::TrafficOptions& traffic = settings.traffic;
  WorkerOptions options;
  options.inspection = settings.inspection;
  options.window_ns = kBenchWindowNs;
  options.lateness_ns = 0;
  options.ring_full = ring_full;
  const bool is_ipv6 = traffic.family == source::TrafficFamily::kIpv6;
  options.flow_count_max = is_ipv6 ? 1024 : table_flow_count(traffic);
  options.ipv6_flow_count_max = is_ipv6 ? table_flow_count(traffic) : 1024;
  return options;
}

/// Every page of the ring in memory, so that later growth is the worker's.
void touch(RecordRing& ring) {
  std::vector<FlowRecord> block(1024);
  for (std::size_t i = 0; i <= kRingRecordCount / block.size(); ++i) {
    (void)ring.push_records(block);
    (void)ring.pop_records(block);
  }
  PayloadFact fact;
  for (std::size_t i = 0; i <= kRingFactCount; ++i) {
    (void)ring.push_fact(fact);
    (void)ring.pop_fact(fact);
  }
}

/// What is measured: a worker between a generator that does not end and a ring.
struct Rig {
  explicit Rig(const source::TrafficOptions& traffic)
      : source(traffic, std::numeric_limits<std::uint64_t>::max()),
        ring(kRingRecordCount, kRingFactCount),
        reader(ring) {
    touch(ring);
  }

  [[nodiscard]] bool open(const DataplaneSettings& settings, RingFull ring_full,
                          source::MachineFault& fault) {
    if (!source.open(fault)) return false;
    bytes_before = resident_bytes();
    worker = std::make_unique<Worker>(worker_options(settings, ring_full), source, ring);
    if (worker->is_usable()) return true;
    fault = {.kind = source::MachineFault::Kind::kMemory,
             .message = "no memory for the flow table",
             .hint = "measure fewer flows"};
    return false;
  }

  void step_through(std::uint64_t packet_count) const {
    for (std::uint64_t i = 0; i < packet_count; i += source::PacketBatch::kPacketMax) {
      (void)worker->step();
    }
  }

  source::MbufGenerator source;
  RecordRing ring;
  RingReader reader;
  std::size_t bytes_before = 0;  ///< resident, all but the flow table
  std::unique_ptr<Worker> worker;
};

/// Starts `body`, which lasts until Eal::join().
bool run_on_worker(std::function<void()>& body) {
  const auto call = [](void* argument) {
    (*static_cast<std::function<void()>*>(argument))();
    return 0;
  };
  return source::Eal::launch(0, call, &body);
}

/// CPU time a packet of what brings the packets, without a worker: the median of as many
/// rounds as were measured with one. REQUIRES: no other generator.
std::optional<double> measure_making_ns(const DataplaneSettings& settings,
                                        source::MachineFault& fault) {
  source::MbufGenerator source(settings.traffic, std::numeric_limits<std::uint64_t>::max());
  if (!source.open(fault)) return std::nullopt;
  std::vector<double> times_ns;
  std::function<void()> body = [&settings, &source, &times_ns] {
    source::PacketBatch batch;
    while (times_ns.size() < settings.round_count) {
      const std::uint64_t end = source.lent_count() + settings.packet_count;
      const std::uint64_t cpu_ns = now_ns(CLOCK_THREAD_CPUTIME_ID);
      while (source.lent_count() < end) (void)source.poll(batch);
      times_ns.push_back(static_cast<double>(now_ns(CLOCK_THREAD_CPUTIME_ID) - cpu_ns) /
                         static_cast<double>(settings.packet_count));
    }
  };
  if (!run_on_worker(body)) return std::nullopt;
  source::Eal::join();
  const auto middle = times_ns.begin() + static_cast<std::ptrdiff_t>(times_ns.size() / 2);
  std::nth_element(times_ns.begin(), middle, times_ns.end());
  return *middle;
}

/// `body` on the worker's core while this thread reads what it writes.
void run_beside(std::function<void()> body, RingReader& reader) {
  if (!run_on_worker(body)) return;
  reader.drain_to_end();
  source::Eal::join();
}

}  // namespace

std::string DataplaneSettings::name() const {
  const char* const family = traffic.family == source::TrafficFamily::kIpv4   ? "IPv4"
                             : traffic.family == source::TrafficFamily::kIpv6 ? "IPv6"
                                                                              : "VXLAN";
  const char* const law = traffic.law == source::TrafficLaw::kSteady  ? ""
                          : traffic.law == source::TrafficLaw::kChurn ? ", churn"
                                                                      : ", SYN flood";
  const char* const looks = depth == PayloadDepth::kRules          ? ", applications and rules"
                            : depth == PayloadDepth::kApplications ? ", applications"
                                                                   : "";
  const bool is_imix = traffic.sizes == source::TrafficSizes::kImix;
  const bool is_http = traffic.payload == source::TrafficPayload::kHttp;
  return fmt::format("{}, {}{}, {} flows{}{}", family, is_imix ? "IMIX" : "64 bytes",
                     is_http ? " of HTTP" : "", traffic.flow_count, law, looks);
}

std::size_t dataplane_memory_bytes() {
  return source::MbufGenerator::memory_bytes() + (std::size_t{32} << 20);
}

std::optional<DataplaneResult> measure_rate(const DataplaneSettings& settings,
                                            source::MachineFault& fault) {
  const std::optional<double> making_ns = measure_making_ns(settings, fault);
  if (!making_ns) return std::nullopt;
  Rig rig(settings.traffic);
  if (!rig.open(settings, RingFull::kWait, fault)) return std::nullopt;
  DataplaneResult result;
  result.making_ns = *making_ns;
  result.packets_a_round = settings.packet_count;
  result.bytes_before = rig.bytes_before;
  const auto body = [&settings, &rig, &result] {
    rig.step_through(rig.source.fill_count());
    result.flows_filled = rig.source.fill_count();
    result.bytes_filled = resident_bytes();
    double seconds = 0;
    while (result.rounds.size() < settings.round_count || seconds < settings.seconds_min) {
      const std::uint64_t wall_ns = now_ns(CLOCK_MONOTONIC);
      const std::uint64_t cpu_ns = now_ns(CLOCK_THREAD_CPUTIME_ID);
      rig.step_through(settings.packet_count);
      const auto spent_cpu_ns = now_ns(CLOCK_THREAD_CPUTIME_ID) - cpu_ns;
      const auto spent_ns = now_ns(CLOCK_MONOTONIC) - wall_ns;
      result.rounds.push_back({.seconds = static_cast<double>(spent_ns) / 1e9,
                               .cpu_seconds = static_cast<double>(spent_cpu_ns) / 1e9,
                               .resident_bytes = resident_bytes()});
      seconds += result.rounds.back().seconds;
    }
    rig.worker->finish();
  };
  run_beside(body, rig.reader);
  result.packets = rig.reader.packets();
  result.records = rig.reader.records();
  result.facts = rig.reader.facts();
  result.established_sent = rig.source.established_count();
  result.established_delivered = rig.reader.established_packets();
  result.is_exact = rig.reader.is_exact(rig.source.lent_count());
  return result;
}

std::optional<StepTimes> measure_steps(const DataplaneSettings& settings,
                                       source::MachineFault& fault) {
  Rig rig(settings.traffic);
  if (!rig.open(settings, RingFull::kLose, fault)) return std::nullopt;
  // The first packet is stamped with the begin of a window.
  const TimeNs interval_ns = settings.traffic.packet_interval_ns;
  const TimeNs fill_ns = static_cast<TimeNs>(rig.source.fill_count()) * interval_ns;
  const TimeNs edge_ns = (fill_ns / kBenchWindowNs + 1) * kBenchWindowNs;
  StepTimes times;
  for (std::vector<std::uint32_t>* const all : {&times.wall_ns, &times.cpu_ns}) {
    all->resize(kStepMax);  // in memory before the first step
    all->clear();
  }
  const auto body = [&rig, &times, interval_ns, edge_ns] {
    rig.step_through(rig.source.fill_count());
    const WindowIndex before = rig.ring.completed_through();
    std::uint64_t wall_ns = now_ns(CLOCK_MONOTONIC);
    std::uint64_t cpu_ns = now_ns(CLOCK_THREAD_CPUTIME_ID);
    while (rig.ring.completed_through() == before && times.wall_ns.size() < kStepMax) {
      (void)rig.worker->step();
      const std::uint64_t wall_end_ns = now_ns(CLOCK_MONOTONIC);
      const std::uint64_t cpu_end_ns = now_ns(CLOCK_THREAD_CPUTIME_ID);
      times.wall_ns.push_back(static_cast<std::uint32_t>(wall_end_ns - wall_ns));
      times.cpu_ns.push_back(static_cast<std::uint32_t>(cpu_end_ns - cpu_ns));
      const auto packet_ns = static_cast<TimeNs>(rig.source.lent_count()) * interval_ns;
      if (packet_ns <= edge_ns) times.sweep_begin = times.wall_ns.size();
      wall_ns = wall_end_ns;
      cpu_ns = cpu_end_ns;
    }
    times.sweep_end = times.wall_ns.size();
    rig.worker->finish();
  };
  run_beside(body, rig.reader);
  times.records = rig.reader.records().written;
  times.records_lost = rig.reader.records().lost_ring_full;
  times.is_exact = rig.reader.is_exact(rig.source.lent_count());
  return times;
}

}  // namespace mimir::tools

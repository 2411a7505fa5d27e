// SPDX-License-Identifier: Apache-2.0
#include "tools/live_run.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "dataplane/flow/duplicate_filter.h"
#include "dataplane/flow/fragment_memory.h"
#include "dataplane/source/capture_stream.h"
#include "dataplane/source/port_source.h"
#include "dataplane/source/replay_port.h"
#include "tools/port_watch.h"

namespace mimir::tools {

namespace {

/// How long the control plane rests when no worker had anything to say.
constexpr std::chrono::microseconds kIdleRest{200};
constexpr std::chrono::seconds kStatusInterval{1};
/// What EAL needs for itself beside the packet buffers.
constexpr std::size_t kEalOverheadBytes = std::size_t{32} << 20;

/// A worker with everything it owns; its address is what its core is given.
struct Core {
  std::unique_ptr<source::PortSource> source;
  std::unique_ptr<RecordRing> ring;
  std::unique_ptr<Worker> worker;
  std::size_t ring_records_max = 0;  ///< that were seen waiting
};

int run_core(void* argument) {
  Worker& worker = *static_cast<Core*>(argument)->worker;
  while (worker.step()) {
  }
  worker.finish();
  return 0;
}

struct Feeder {
  source::ReplayPort& port;
  source::PacketSource& capture;
  LinkType link;
  const std::atomic<bool>& stop;
  std::uint64_t sent = 0;
};

int run_feeder(void* argument) {
  Feeder& feeder = *static_cast<Feeder*>(argument);
  feeder.sent = feeder.port.feed(feeder.capture, feeder.link, feeder.stop);
  return 0;
}

std::size_t queue_count(const LiveOptions& options) {
  if (options.replay != nullptr) return 1;
  std::size_t count = 0;
  for (const source::PortOptions& port : options.ports) count += port.queue_count;
  return count;
}

std::size_t eal_bytes(const LiveOptions& options) {
  std::size_t bytes = kEalOverheadBytes;
  if (options.replay != nullptr) return bytes + source::ReplayPort::memory_bytes();
  for (const source::PortOptions& port : options.ports) {
    bytes +=
        source::mbuf_pool_bytes(source::mbuf_count(port.queue_count, port.rx_descriptor_count));
  }
  return bytes;
}

/// The ports and cores of one run, and the order in which they end.
class LiveAppliance {
 public:
  LiveAppliance(const LiveOptions& options, const std::atomic<bool>& stop)
      : options_(options), stop_(stop) {}

  [[nodiscard]] bool open(source::MachineFault& fault) {
    return options_.replay == nullptr ? open_ports(fault) : open_replay(fault);
  }

  [[nodiscard]] bool start(source::MachineFault& fault) {
    for (Core& core : cores_) {
      if (!core.worker->is_usable()) {
        fault = {.kind = source::MachineFault::Kind::kMemory,
                 .message = "not enough memory for the flow tables",
                 .hint = "lower dataplane.flow_count_max"};
        return false;
      }
    }
    for (std::size_t i = 0; i < cores_.size(); ++i) {
      (void)source::Eal::launch(i, run_core, &cores_[i]);
    }
    if (feeder_) (void)source::Eal::launch(cores_.size(), run_feeder, &*feeder_);
    return true;
  }

  [[nodiscard]] std::vector<Worker*> workers() const {
    std::vector<Worker*> workers;
    for (const Core& core : cores_) workers.push_back(core.worker.get());
    return workers;
  }

  [[nodiscard]] std::vector<RecordRing*> rings() const {
    std::vector<RecordRing*> rings;
    for (const Core& core : cores_) rings.push_back(core.ring.get());
    return rings;
  }

  /// Whether the copies of a packet that is mirrored twice, in whatever tunnel each, may
  /// come on different queues, whose workers know nothing of each other's packets.
  [[nodiscard]] bool may_split_duplicates() const {
    if (options_.worker.duplicate_distance_ns == 0 || cores_.size() == 1) return false;
    return ports_.size() > 1 || ports_.front()->plan().spread != source::Spread::kInner;
  }

  [[nodiscard]] std::vector<source::Port*> ports() const {
    std::vector<source::Port*> ports;
    for (const auto& port : ports_) ports.push_back(port.get());
    return ports;
  }

  void look_at_rings() {
    for (Core& core : cores_) {
      core.ring_records_max = std::max(core.ring_records_max, core.ring->waiting_records());
    }
  }

  [[nodiscard]] LiveStatus status(const controlplane::Collector& collector) const {
    LiveStatus status{.ports = {},
                      .workers = {},
                      .packets = collector.packets(),
                      .records = collector.records(),
                      .facts = collector.facts()};
    for (const auto& port : ports_) {
      const source::PortCounters counters = port->counters();
      status.lost_at_ports += port->lost();
      status.ports.push_back({.device = port->device(),
                              .is_link_up = port->is_link_up(),
                              .received = counters.received,
                              .missed = counters.missed,
                              .errors = counters.errors,
                              .no_buffer = counters.no_buffer,
                              .link_losses = counters.link_losses});
    }
    for (const Core& core : cores_) {
      const source::PollCounts counts = core.source->poll_counts();
      status.workers.push_back({.ring_records = core.ring->waiting_records(),
                                .ring_records_max = core.ring_records_max,
                                .ring_capacity = options_.ring_record_count,
                                .polls = counts.polls,
                                .busy_cycles = counts.busy_cycles,
                                .idle_cycles = counts.idle_cycles});
    }
    return status;
  }

  void finish(LiveRun& run) {
    source::Eal::join();
    std::uint64_t received = feeder_ ? feeder_->sent : 0;
    for (const auto& port : ports_) {
      run.ports.push_back(port->counters());
      received += run.ports.back().received;
    }
    for (const Core& core : cores_) run.unstamped += core.source->unstamped_count();
    run.left_in_queues = received - std::min(received, run.packets.received);
    run.replay_left_out = replay_.left_out();
  }

 private:
  void add_core(const source::QueueOptions& queue, const std::atomic<bool>& end) {
    Core core;
    core.source = std::make_unique<source::PortSource>(queue, end);
    core.ring = std::make_unique<RecordRing>(options_.ring_record_count, options_.ring_fact_count);
    core.worker = std::make_unique<Worker>(options_.worker, *core.source, *core.ring);
    cores_.push_back(std::move(core));
  }

  bool open_ports(source::MachineFault& fault) {
    for (const source::PortOptions& port_options : options_.ports) {
      ports_.push_back(std::make_unique<source::Port>());
      if (!ports_.back()->open(port_options, fault)) return false;
      for (std::uint16_t queue = 0; queue < port_options.queue_count; ++queue) {
        add_core(ports_.back()->queue(queue), stop_);
      }
    }
    return true;
  }

  bool open_replay(source::MachineFault& fault) {
    capture_ = std::make_unique<source::CaptureStream>(*options_.replay);
    if (!replay_.open(fault)) return false;
    feeder_.emplace(Feeder{.port = replay_,
                           .capture = *capture_,
                           .link = options_.replay->first_link(),
                           .stop = stop_});
    add_core(replay_.queue(options_.replay->first_link()), replay_.ended());
    return true;
  }

  const LiveOptions& options_;
  const std::atomic<bool>& stop_;
  std::vector<std::unique_ptr<source::Port>> ports_;
  source::ReplayPort replay_;
  std::unique_ptr<source::CaptureStream> capture_;
  std::optional<Feeder> feeder_;
  std::vector<Core> cores_;
};

}  // namespace

std::vector<MemoryTerm> memory_terms(const LiveOptions& options) {
  const std::size_t queues = queue_count(options);
  const std::size_t v4 = flow::FlowTable<FlowKeyV4>::memory_bytes(options.worker.flow_count_max);
  const std::size_t v6 = flow::FlowTable<FlowKey>::memory_bytes(options.worker.ipv6_flow_count_max);
  std::vector<MemoryTerm> terms{
      {"packet buffers and DPDK", eal_bytes(options)},
      {fmt::format("IPv4 flow tables, {} x {} flows", queues, options.worker.flow_count_max),
       queues * v4},
      {fmt::format("IPv6 flow tables, {} x {} flows", queues, options.worker.ipv6_flow_count_max),
       queues * v6},
      {fmt::format("record rings, {} x {} records", queues, options.ring_record_count),
       queues * options.ring_record_count * sizeof(FlowRecord)},
      {fmt::format("fragments and duplicates, {} x", queues),
       queues * (flow::FragmentMemory::memory_bytes() +
                 flow::DuplicateFilter::memory_bytes(options.worker.duplicate_distance_ns))}};
  if (options.worker.inspection.applications != nullptr) {
    const std::size_t facts =
        options.ring_fact_count + static_cast<std::size_t>(options.worker.window_fact_count_max);
    terms.push_back({fmt::format("facts of the payload, {} x {}", queues, facts),
                     queues * facts * sizeof(PayloadFact)});
  }
  return terms;
}

bool check_pages(const LiveOptions& options, source::MachineFault& fault) {
  source::EalOptions eal = options.eal;
  eal.memory_bytes = eal_bytes(options);
  return source::Eal::check_pages(eal, fault);
}

bool run_live(const LiveOptions& options, const std::atomic<bool>& stop, const LiveHooks& hooks,
              LiveRun& run, source::MachineFault& fault) {
  source::EalOptions eal = options.eal;
  for (const source::PortOptions& port : options.ports) {
    eal.worker_devices.insert(eal.worker_devices.end(), port.queue_count, port.device);
  }
  eal.worker_count = queue_count(options) + (options.replay == nullptr ? 0 : 1);
  eal.memory_bytes = eal_bytes(options);
  if (!source::Eal::start(eal, fault)) return false;
  bool is_up = false;
  {
    LiveAppliance appliance(options, stop);
    is_up = appliance.open(fault) && appliance.start(fault);
    if (is_up) {
      const std::vector<RecordRing*> rings = appliance.rings();
      PortWatch watch(appliance.ports(), hooks.news);
      controlplane::Collector collector(options.worker.window_ns, rings, [&](Window window) {
        window.lost_at_ports = watch.take_lost();
        hooks.window(window);
      });
      if (appliance.may_split_duplicates() && hooks.news) {
        hooks.news({.is_warning = true,
                    .text = "dataplane.duplicate_distance: the copies of a packet that come on "
                            "different queues both count"});
      }
      watch.look();
      if (hooks.started) hooks.started();
      InspectionExchange exchange(appliance.workers(), hooks.inspection);
      TapSession taps(appliance.workers(), hooks.tap);
      std::chrono::steady_clock::time_point next_status{};
      while (!collector.has_ended()) {
        watch.look();
        appliance.look_at_rings();
        const auto now = std::chrono::steady_clock::now();
        if (now >= next_status) {
          if (hooks.status) hooks.status(appliance.status(collector));
          const std::optional<TimeNs> passed_ns = collector.passed_ns();
          if (passed_ns && hooks.time_passed) hooks.time_passed(*passed_ns);
          exchange.begin();
          taps.begin();
          next_status = now + kStatusInterval;
        }
        exchange.look();
        taps.look();
        if (!collector.drain()) std::this_thread::sleep_for(kIdleRest);
      }
      if (hooks.status) hooks.status(appliance.status(collector));
      run.packets = collector.packets();
      run.records = collector.records();
      run.facts = collector.facts();
      appliance.finish(run);
      taps.finish();
    }
  }
  source::Eal::stop();
  return is_up;
}

}  // namespace mimir::tools

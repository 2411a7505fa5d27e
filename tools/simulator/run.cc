// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/run.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace mimir::simulator {
namespace {

constexpr std::uint32_t kGateway = 0xac110001;  // 172.17.0.1
constexpr TimeNs kPoolsOpenWithinNs = 2 * kNsPerSecond;
constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15U;

std::vector<std::uint32_t> replicas_at_start(const Topology& topology, std::uint32_t users) {
  std::vector<std::uint32_t> replicas;
  for (const Service& each : topology.services) replicas.push_back(replicas_wanted(each, users));
  return replicas;
}

View view_of(const Options& options, const Cluster& cluster) {
  View view;
  view.observation = options.observation;
  view.encapsulation = options.encapsulation;
  view.gateway = kGateway;
  view.snap_bytes = options.snap_bytes;
  view.node = cluster.nodes.front().address;
  view.pod_network = kPodNetwork;
  for (const Node& node : cluster.nodes) view.nodes.push_back(node.address);
  return view;
}

}  // namespace

Run::Run(const Options& options, const Topology& topology, const Load& load,
         std::vector<double> weights, const std::vector<AttackSpec>& attacks, PcapWriter& writer)
    : options_(options),
      topology_(topology),
      load_(load),
      writer_(writer),
      end_ns_(options.start_ns + options.duration_ns),
      random_(options.seed),
      cluster_(topology, replicas_at_start(topology, load.users(0, options.duration_ns)), random_,
               options.start_ns),
      tap_(writer, view_of(options, cluster_), options.start_ns, end_ns_),
      traffic_(topology, cluster_, tap_, random_),
      users_(topology, cluster_, traffic_, random_, std::move(weights),
             static_cast<std::uint32_t>(std::lround(load.most()))),
      life_(topology, cluster_, traffic_, users_, agenda_, options.seed ^ kGolden),
      jobs_(topology, cluster_, traffic_, tap_, agenda_, ~options.seed),
      scrapes_(topology, cluster_, traffic_, agenda_, ~(options.seed ^ kGolden)) {
  for (const AttackSpec& spec : attacks) {
    const auto id = static_cast<std::uint32_t>(attacks_.size() + 1);
    attacks_.push_back(
        make_attack(spec, id, {topology, cluster_, tap_}, options.seed * kGolden + id));
    agenda_.add(Event::Kind::kAttackBegin, options.start_ns + spec.start_ns, id - 1);
  }
  for (std::uint32_t pod = 0; pod < cluster_.pods.size(); ++pod) {
    schedule_pod(pod, options.start_ns, kPoolsOpenWithinNs);
  }
  life_.begin(options.start_ns);
  jobs_.begin(options.start_ns);
  scrapes_.begin(options.start_ns);
  for (std::uint32_t i = 0; i < topology.crashes.size(); ++i) {
    agenda_.add(Event::Kind::kCrash, next_due_ns(options.start_ns, topology.crashes[i].at_ns, 0),
                i);
  }
  agenda_.add(Event::Kind::kControl, options.start_ns);
}

bool Run::run() {
  while (!agenda_.is_empty() && !writer_.failed()) {
    const Event event = agenda_.take();
    if (event.time_ns >= end_ns_) break;
    tap_.release(event.time_ns);
    handle(event);
    for (const Write& write : traffic_.take_writes()) {
      agenda_.add(Event::Kind::kWrite, write.time_ns, write.pod);
    }
    for (const Retry& retry : traffic_.take_retries()) {
      agenda_.add(Event::Kind::kRetry, retry.time_ns, retry.pod, retry.link);
    }
  }
  tap_.release(end_ns_ + kNsPerSecond);
  return !writer_.failed();
}

Summary Run::summary() const {
  Summary summary;
  summary.packets = tap_.packets();
  summary.bytes = tap_.bytes();
  summary.connections = traffic_.connections();
  summary.retransmissions = tap_.retransmissions();
  summary.pods = static_cast<std::uint32_t>(cluster_.pods.size());
  for (const auto& each : attacks_) {
    summary.attacks.push_back(each->truth());
    summary.attacks.back().end_ns = std::min(summary.attacks.back().end_ns, end_ns_);
  }
  return summary;
}

TimeNs Run::within(TimeNs time_ns, TimeNs span_ns) {
  return time_ns + static_cast<TimeNs>(random_.between(0, static_cast<double>(span_ns)));
}

TimeNs Run::next_look_up(std::uint32_t pod, TimeNs time_ns) {
  const auto mean_ns = static_cast<double>(service_of(pod).outside_lookup_every_ns);
  return time_ns + static_cast<TimeNs>(random_.exponential(mean_ns));
}

void Run::schedule_pod(std::uint32_t pod, TimeNs time_ns, TimeNs span_ns) {
  const Service& service = service_of(pod);
  const TimeNs open_ns = within(time_ns, span_ns);
  agenda_.add(Event::Kind::kOpen, open_ns, pod);
  if (service.probe_port != 0 && !service.is_on_node) {
    for (int i = 0; i < 2; ++i) {  // readiness, liveness
      agenda_.add(Event::Kind::kProbe, within(time_ns, service.probe_period_ns), pod);
    }
  }
  if (service.outside_lookup_every_ns > 0) {
    agenda_.add(Event::Kind::kLookUp, next_look_up(pod, time_ns), pod);
  }
  for (std::uint32_t link = 0; link < topology_.links.size(); ++link) {
    const Link& how = topology_.links[link];
    if (how.client != service.name || how.heartbeat_ns <= 0) continue;
    agenda_.add(Event::Kind::kHeartbeat, within(time_ns, how.heartbeat_ns), pod, link);
  }
}

void Run::handle_pod(const Event& event) {
  const TimeNs now_ns = event.time_ns;
  const std::uint32_t pod = event.subject;
  if (!is_ready(pod)) return;
  const bool is_down = traffic_.is_down(cluster_.pods[pod].service, now_ns);
  if (event.kind == Event::Kind::kOpen) {
    if (!is_down) traffic_.open_pools(pod, now_ns);
  } else if (event.kind == Event::Kind::kRetry) {
    traffic_.retry(pod, event.detail, now_ns);
  } else if (event.kind == Event::Kind::kProbe) {
    traffic_.probe(pod, now_ns);
    const TimeNs next_ns = now_ns + service_of(pod).probe_period_ns;
    agenda_.add(event.kind, within(next_ns, 2'000'000), pod);
  } else if (event.kind == Event::Kind::kLookUp) {
    if (!is_down) traffic_.look_up_outside(pod, now_ns);
    agenda_.add(event.kind, next_look_up(pod, now_ns), pod);
  } else if (event.kind == Event::Kind::kHeartbeat) {
    if (!is_down) traffic_.heartbeat(pod, event.detail, now_ns);
    // A timer is wound up when the answer is there, and hosts have more to do.
    const TimeNs period_ns = topology_.links[event.detail].heartbeat_ns;
    agenda_.add(event.kind, within(now_ns + period_ns * 9 / 10, period_ns / 5), pod, event.detail);
  }
}

void Run::handle_attack(const Event& event) {
  Attack& attack = *attacks_[event.subject];
  if (event.kind == Event::Kind::kAttackBegin) {
    agenda_.add(Event::Kind::kAttackStep, attack.begin(event.time_ns), event.subject);
  } else if (const auto next_ns = attack.step(event.time_ns)) {
    agenda_.add(Event::Kind::kAttackStep, *next_ns, event.subject);
  }
}

void Run::handle(const Event& event) {
  const TimeNs now_ns = event.time_ns;
  switch (event.kind) {
    case Event::Kind::kControl:
      control(now_ns);
      break;
    case Event::Kind::kTurn:
      if (const auto next_ns = users_.turn(event.subject, now_ns)) {
        agenda_.add(Event::Kind::kTurn, *next_ns, event.subject);
      }
      break;
    case Event::Kind::kPodReady:
      life_.pod_ready(event.subject, now_ns);
      schedule_pod(event.subject, now_ns, kNsPerSecond / 2);
      break;
    case Event::Kind::kPodGone:
      life_.pod_gone(event.subject, now_ns);
      break;
    case Event::Kind::kOpen:
    case Event::Kind::kProbe:
    case Event::Kind::kLookUp:
    case Event::Kind::kHeartbeat:
    case Event::Kind::kRetry:
      handle_pod(event);
      break;
    case Event::Kind::kWrite:
      traffic_.replicate({now_ns, event.subject});
      break;
    case Event::Kind::kAutoscale:
      life_.autoscale(now_ns, load_.users(now_ns - options_.start_ns, options_.duration_ns));
      break;
    case Event::Kind::kUpdate:
      life_.update(event.subject, now_ns);
      break;
    case Event::Kind::kRollout:
      life_.roll(event.subject, now_ns);
      break;
    case Event::Kind::kCrash:
      crash(event.subject, now_ns);
      break;
    case Event::Kind::kRestart:
      restart(event.subject, now_ns);
      break;
    case Event::Kind::kDiscover:
      scrapes_.discover(event.subject, now_ns);
      break;
    case Event::Kind::kScrape:
      scrapes_.scrape(event.subject, now_ns);
      break;
    case Event::Kind::kJob:
      jobs_.start(event.subject, now_ns);
      break;
    case Event::Kind::kJobStep:
      jobs_.step(event.subject, now_ns);
      break;
    case Event::Kind::kAttackBegin:
    case Event::Kind::kAttackStep:
      handle_attack(event);
      break;
  }
}

void Run::crash(std::uint32_t crash, TimeNs now_ns) {
  const Crash& what = topology_.crashes[crash];
  const std::uint32_t service = *topology_.find_service(what.service);
  traffic_.crash(service, now_ns);
  users_.crash(service, now_ns);
  jobs_.crash(service, now_ns);
  agenda_.add(Event::Kind::kRestart, now_ns + what.down_for_ns, crash);
  agenda_.add(Event::Kind::kCrash, next_due_ns(now_ns + 1, what.at_ns, 0), crash);
}

void Run::restart(std::uint32_t crash, TimeNs now_ns) {
  const std::uint32_t service = *topology_.find_service(topology_.crashes[crash].service);
  for (const std::uint32_t pod : cluster_.pods_of[service]) {
    agenda_.add(Event::Kind::kOpen, within(now_ns, kPoolsOpenWithinNs), pod);
  }
}

void Run::control(TimeNs now_ns) {
  const TimeNs elapsed_ns = now_ns - options_.start_ns;
  traffic_.tend_idle(now_ns);
  const std::uint32_t wanted = load_.users(elapsed_ns, options_.duration_ns);
  // The first users are in the middle of what they do, not all at its beginning.
  const TimeNs spread_ns = (elapsed_ns == 0 ? 4 : 1) * kNsPerSecond;
  for (const Users::Arrival& arrival : users_.admit(wanted, now_ns, spread_ns)) {
    agenda_.add(Event::Kind::kTurn, arrival.time_ns, arrival.user);
  }
  if (options_.progress) {
    options_.progress(static_cast<double>(elapsed_ns) / static_cast<double>(options_.duration_ns));
  }
  agenda_.add(Event::Kind::kControl, now_ns + kNsPerSecond);
}

}  // namespace mimir::simulator

// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/life.h"

#include <algorithm>
#include <cmath>

namespace mimir::simulator {
namespace {

constexpr TimeNs kAutoscalePeriodNs = 15 * kNsPerSecond;  // as the controller's by default
constexpr TimeNs kStabilisationNs = 300 * kNsPerSecond;   // before it scales down
constexpr TimeNs kGraceNs = 30 * kNsPerSecond;

}  // namespace

std::uint32_t replicas_wanted(const Service& service, std::uint32_t users) {
  if (!service.is_autoscaled()) return service.replicas;
  const double wanted = std::ceil(static_cast<double>(users) / service.users_per_replica);
  return static_cast<std::uint32_t>(std::clamp(wanted, static_cast<double>(service.replicas),
                                               static_cast<double>(service.replicas_max)));
}

TimeNs next_due_ns(TimeNs time_ns, TimeNs at_ns, TimeNs every_ns) {
  const TimeNs midnight_ns = time_ns / kNsPerDay * kNsPerDay;
  TimeNs due_ns = midnight_ns + at_ns;
  const TimeNs period_ns = every_ns == 0 ? kNsPerDay : every_ns;
  if (due_ns < time_ns) due_ns += (time_ns - due_ns + period_ns - 1) / period_ns * period_ns;
  return due_ns;
}

Life::Life(const Topology& topology, Cluster& cluster, Traffic& traffic, Users& users,
           Agenda& agenda, std::uint64_t seed)
    : topology_(topology),
      cluster_(cluster),
      traffic_(traffic),
      users_(users),
      agenda_(agenda),
      random_(seed),
      starting_(topology.services.size(), 0) {}

void Life::begin(TimeNs time_ns) {
  const bool is_scaled = std::any_of(topology_.services.begin(), topology_.services.end(),
                                     [](const Service& each) { return each.is_autoscaled(); });
  if (is_scaled) agenda_.add(Event::Kind::kAutoscale, time_ns + kAutoscalePeriodNs);
  for (std::uint32_t i = 0; i < topology_.updates.size(); ++i) {
    agenda_.add(Event::Kind::kUpdate, next_due_ns(time_ns, topology_.updates[i].at_ns, 0), i);
  }
}

std::uint32_t Life::start(std::uint32_t service, TimeNs time_ns, const std::string& name) {
  const std::uint32_t pod = cluster_.start_pod(service, time_ns, name);
  ++starting_[service];
  agenda_.add(Event::Kind::kPodReady, time_ns + static_cast<TimeNs>(random_.between(3e9, 9e9)),
              pod);
  return pod;
}

void Life::leave(std::uint32_t pod, TimeNs time_ns) {
  cluster_.begin_leaving(pod);
  traffic_.drain(pod, time_ns);
  users_.drain(pod, time_ns);
  agenda_.add(Event::Kind::kPodGone, time_ns + kGraceNs, pod);
}

void Life::autoscale(TimeNs time_ns, std::uint32_t users) {
  agenda_.add(Event::Kind::kAutoscale, time_ns + kAutoscalePeriodNs);
  for (std::uint32_t service = 0; service < topology_.services.size(); ++service) {
    const Service& what = topology_.services[service];
    if (!what.is_autoscaled() || rollouts_.contains(service)) continue;
    auto& history = wanted_[service];
    const std::uint32_t now = replicas_wanted(what, users);
    history.emplace_back(time_ns, now);
    while (history.front().first < time_ns - kStabilisationNs) history.pop_front();
    std::uint32_t lately = 0;
    for (const auto& [when_ns, count] : history) lately = std::max(lately, count);
    auto& ready = cluster_.pods_of[service];
    auto current = static_cast<std::uint32_t>(ready.size()) + starting_[service];
    for (; current < now; ++current) (void)start(service, time_ns);
    for (; current > lately && ready.size() > 1; --current) leave(ready.back(), time_ns);
  }
}

void Life::update(std::uint32_t update, TimeNs time_ns) {
  agenda_.add(Event::Kind::kUpdate, time_ns + kNsPerDay, update);
  const std::uint32_t service = *topology_.find_service(topology_.updates[update].service);
  if (rollouts_.contains(service) || starting_[service] > 0) return;
  cluster_.new_version(service);
  rollouts_[service].old = cluster_.pods_of[service];
  roll(service, time_ns);
}

void Life::roll(std::uint32_t service, TimeNs time_ns) {
  Rollout& rollout = rollouts_.at(service);
  if (rollout.old.empty()) {
    rollouts_.erase(service);
    return;
  }
  if (topology_.services[service].kind == "Deployment") {
    rollout.awaited = start(service, time_ns);
    return;
  }
  // A numbered pod keeps its name, so it goes before the one that follows it comes.
  rollout.awaited = rollout.old.back();
  rollout.old.pop_back();
  leave(rollout.awaited, time_ns);
}

void Life::pod_ready(std::uint32_t pod, TimeNs time_ns) {
  const std::uint32_t service = cluster_.pods[pod].service;
  --starting_[service];
  cluster_.make_ready(pod);
  const auto rollout = rollouts_.find(service);
  if (rollout == rollouts_.end() || rollout->second.awaited != pod) return;
  if (topology_.services[service].kind == "Deployment") {
    leave(rollout->second.old.back(), time_ns);
    rollout->second.old.pop_back();
  }
  rollout->second.awaited = kNoService;
  agenda_.add(Event::Kind::kRollout, time_ns + kNsPerSecond, service);
}

void Life::pod_gone(std::uint32_t pod, TimeNs time_ns) {
  const TimeNs busy_ns = traffic_.busy_until_ns(pod);
  if (busy_ns >= time_ns) {
    agenda_.add(Event::Kind::kPodGone, busy_ns + kNsPerSecond, pod);
    return;
  }
  cluster_.remove(pod, time_ns);
  const std::uint32_t service = cluster_.pods[pod].service;
  if (service == kNoService) return;
  const auto rollout = rollouts_.find(service);
  if (rollout == rollouts_.end() || rollout->second.awaited != pod) return;
  rollout->second.awaited = start(service, time_ns + kNsPerSecond, cluster_.pods[pod].name);
}

}  // namespace mimir::simulator

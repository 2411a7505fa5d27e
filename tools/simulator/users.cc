// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/users.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace mimir::simulator {
namespace {

constexpr std::uint32_t kNetworks[] = {0xc6336400, 0xcb007100};  // RFC 5737: 198.51.100, 203.0.113
constexpr std::uint32_t kHosts = 254;
constexpr double kOwnReactionNs = 4e6;  // between the requests of one page

}  // namespace

Users::Users(const Topology& topology, const Cluster& cluster, Traffic& traffic, Random& random,
             std::vector<double> weights, std::uint32_t users_max)
    : topology_(topology),
      cluster_(cluster),
      traffic_(traffic),
      random_(random),
      weights_(std::move(weights)),
      front_(*topology.find_service(topology.front)),
      users_(users_max) {
  for (const Action& each : topology.actions) {
    actions_.push_back({compile(each.once), compile(each.repeated), each.repeats});
  }
  for (std::uint32_t i = 0; i < 2 * kHosts; ++i) {
    next_ports_.push_back(static_cast<std::uint16_t>(32768 + random.below(28000)));
  }
}

std::vector<Users::Requests> Users::compile(const std::vector<Page>& pages) const {
  std::vector<Requests> compiled;
  for (const Page& page : pages) {
    Requests& requests = compiled.emplace_back();
    for (const Step& step : page.requests) {
      requests.push_back({*topology_.find_operation(step.operation), step.probability, step.times});
    }
  }
  return compiled;
}

std::vector<Users::Arrival> Users::admit(std::uint32_t wanted, TimeNs time_ns, TimeNs spread_ns) {
  wanted_ = wanted;
  std::vector<Arrival> arrivals;
  for (std::uint32_t i = 0; i < std::min(wanted, static_cast<std::uint32_t>(users_.size())); ++i) {
    if (users_[i].is_present) continue;
    users_[i].is_present = true;
    arrivals.push_back(
        {i, time_ns + nanoseconds(random_.between(0, static_cast<double>(spread_ns)))});
  }
  return arrivals;
}

const Users::Requests* Users::page_of(const User& user) const {
  const CompiledAction& action = actions_[user.action];
  if (user.page < action.once.size()) return &action.once[user.page];
  const std::size_t repeated = user.page - action.once.size();
  if (repeated >= action.repeats * action.repeated.size()) return nullptr;
  return &action.repeated[repeated % action.repeated.size()];
}

void Users::begin_action(User& user) {
  double drawn = random_.unit() * std::accumulate(weights_.begin(), weights_.end(), 0.0);
  user.action = 0;
  while (user.action + 1 < weights_.size() && drawn >= weights_[user.action]) {
    drawn -= weights_[user.action++];
  }
  user.page = 0;
  user.is_in_action = true;
}

Connection Users::dial(User& user, TimeNs time_ns) {
  const auto& pods = cluster_.pods_of[front_];
  user.front_pod = pods[random_.below(static_cast<std::uint32_t>(pods.size()))];
  user.exchanges = 0;
  const std::uint32_t which = random_.below(2 * kHosts);
  const Endpoint from{kNetworks[which / kHosts] + 1 + which % kHosts,
                      take_port(next_ports_[which])};
  const TimeNs way_ns = nanoseconds(std::clamp(random_.log_normal(11e6, 0.6), 2e6, 90e6));
  return traffic_.connect_from_outside(from, user.front_pod, way_ns, time_ns);
}

void Users::connect(User& user, TimeNs& time_ns) {
  user.connection = std::make_unique<Connection>(dial(user, time_ns));
  time_ns = user.connection->open(time_ns);
}

void Users::disconnect(User& user, TimeNs time_ns) {
  if (user.connection == nullptr) return;
  user.connection->close(time_ns);
  user.connection.reset();
}

std::optional<TimeNs> Users::turn(std::uint32_t who, TimeNs time_ns) {
  User& user = users_[who];
  const Requests* page = user.is_in_action ? page_of(user) : nullptr;
  if (who >= wanted_) {
    disconnect(user, time_ns);
    user.is_present = false;
    user.is_in_action = false;
    return std::nullopt;
  }
  if (!traffic_.has_ready_pod(front_)) return time_ns + kNsPerSecond;
  if (traffic_.is_down(front_, time_ns)) {
    dial(user, time_ns).open_refused(time_ns);
    return waited(time_ns);
  }
  if (page == nullptr) {
    disconnect(user, time_ns);
    begin_action(user);
    page = page_of(user);
  }
  if (user.connection == nullptr) connect(user, time_ns);
  ++user.page;
  for (const Request& request : *page) {
    for (std::uint32_t i = 0; i < request.times; ++i) {
      if (request.probability < 1.0 && !random_.chance(request.probability)) continue;
      time_ns = traffic_.serve(*user.connection, user.front_pod, request.operation, time_ns,
                               Traffic::Client::kUser, user.exchanges++);
      time_ns += nanoseconds(random_.exponential(kOwnReactionNs));
    }
  }
  user.connection->set_ready(time_ns);
  return waited(time_ns);
}

TimeNs Users::waited(TimeNs time_ns) {
  return time_ns + nanoseconds(random_.between(static_cast<double>(topology_.wait_low_ns),
                                               static_cast<double>(topology_.wait_high_ns)));
}

void Users::crash(std::uint32_t service, TimeNs time_ns) {
  if (service != front_) return;
  for (User& user : users_) {
    if (user.connection == nullptr) continue;
    user.connection->reset(Side::kServer, time_ns);
    user.connection.reset();
  }
}

void Users::drain(std::uint32_t pod, TimeNs time_ns) {
  for (User& user : users_) {
    if (user.connection == nullptr || user.front_pod != pod) continue;
    user.connection->close(std::max(time_ns, user.connection->ready_ns()), Side::kServer);
    user.connection.reset();
  }
}

}  // namespace mimir::simulator

// SPDX-License-Identifier: Apache-2.0
#include "model/detector/habit_learner.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace mimir::detector {

namespace {

constexpr std::uint64_t kFailedCountMin = 3;
constexpr TimeNs kFailedSpanMinNs = 600 * kNsPerSecond;

}  // namespace

HabitLearner::HabitLearner(const Resolver& resolver, std::vector<PayloadRule> rules)
    : resolver_(resolver), detectors_(resolver, nothing_known_, std::move(rules)) {}

void HabitLearner::add(const Window& window) {
  learn(detectors_.add(window));
  learn_habits(detectors_.fingerprints());
  if (!window.facts.empty()) habits_.insert(KnownHabits::fingerprints_learned());
}

void HabitLearner::learn_habits(const std::vector<Finding>& findings) {
  for (const Finding& finding : findings) {
    for (learn::Habit& habit : habits_of(finding, resolver_)) habits_.insert(std::move(habit));
  }
}

void HabitLearner::learn(const std::vector<Finding>& findings) {
  learn_habits(findings);
  for (const Contact& contact : detectors_.contacts()) learn(contact);
}

void HabitLearner::learn(const Contact& contact) {
  const Pair key{.client = contact.client.service,
                 .server = contact.server.service,
                 .port = contact.port,
                 .protocol = contact.protocol};
  if (pairs_.size() >= kPairMax && !pairs_.contains(key)) return;
  Contacts& pair = pairs_[key];
  const bool is_answered = !contact.has_failed();
  if (is_answered) {
    ++pair.answered_count;
  } else {
    if (pair.failed_count++ == 0) pair.first_failed_ns = contact.first_ns;
    pair.last_failed_ns = contact.first_ns;
  }
  if (!contact.client.is_known() || first_contacts_.size() >= kContactMax) return;
  const Key server = join(contact.server.key, std::uint64_t{contact.port} << 8 | contact.protocol);
  if (!first_contacts_.insert(join(contact.client.key, server)).second) return;
  learn::ContactPrior& prior = priors_[contact.client.service];
  ++(is_answered ? prior.opened_count : prior.failed_count);
}

bool HabitLearner::is_habit(const Contacts& contacts) {
  return contacts.answered_count > 0 ||
         (contacts.failed_count >= kFailedCountMin &&
          contacts.last_failed_ns - contacts.first_failed_ns >= kFailedSpanMinNs);
}

void HabitLearner::write_pairs(learn::ContactHabits& habits) const {
  const graph::Cluster& cluster = *resolver_.cluster();
  std::map<std::pair<graph::ClassId, graph::ClassId>, std::size_t> port_counts;
  for (const auto& [pair, contacts] : pairs_) {
    if (is_habit(contacts)) ++port_counts[{pair.client, pair.server}];
  }
  std::set<std::pair<graph::ClassId, graph::ClassId>> is_open;
  for (const auto& [pair, contacts] : pairs_) {
    if (!is_habit(contacts)) continue;
    learn::AllowedPair allowed{.client = cluster.class_name(pair.client),
                               .server = cluster.class_name(pair.server),
                               .port = pair.port,
                               .protocol = pair.protocol,
                               .contact_count = contacts.answered_count};
    if (port_counts[{pair.client, pair.server}] > kServicePortMax) {
      if (!is_open.insert({pair.client, pair.server}).second) continue;
      allowed.port = 0;
      allowed.protocol = 0;
    }
    habits.pairs.push_back(std::move(allowed));
  }
  std::sort(habits.pairs.begin(), habits.pairs.end());
}

learn::ContactHabits HabitLearner::finish() {
  learn(detectors_.flush());
  learn::ContactHabits habits;
  write_pairs(habits);
  const graph::Cluster& cluster = *resolver_.cluster();
  std::map<graph::ClassId, std::set<graph::ClassId>> servers;
  for (const auto& [pair, contacts] : pairs_) {
    if (is_habit(contacts)) servers[pair.client].insert(pair.server);
  }
  for (auto& [service, prior] : priors_) {
    prior.service = cluster.class_name(service);
    prior.server_count = servers[service].size();
    habits.priors.push_back(prior);
  }
  std::sort(habits.priors.begin(), habits.priors.end());
  habits.habits.assign(habits_.begin(), habits_.end());
  return habits;
}

}  // namespace mimir::detector

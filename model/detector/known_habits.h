// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_set>
#include <vector>

#include "model/detector/contact.h"
#include "model/detector/finding.h"
#include "model/detector/party.h"
#include "model/learn/contact_habits.h"

namespace mimir::detector {

/// A cluster's learned habits, as the detectors ask for them. Without a cluster or a
/// model nothing is known and everybody gets the usual prior.
///
/// Threads: immutable; any number of readers. Cost: a hash lookup.
class KnownHabits {
 public:
  /// The share of first contacts that come out well where nothing was learned: theta_0 of
  /// Jung et al., "Fast Portscan Detection Using Sequential Hypothesis Testing", IEEE S&P
  /// 2004, section 5.
  static constexpr double kUsualOpenedShare = 0.8;

  KnownHabits() = default;
  /// Services that `cluster` does not have are passed over.
  KnownHabits(const learn::ContactHabits& habits, const graph::Cluster& cluster);

  /// Whether anything was learned of who talks to whom.
  [[nodiscard]] bool has_pairs() const { return !pairs_.empty(); }
  /// Whether anything was learned of which programs speak plain HTTP to the outside.
  [[nodiscard]] bool has_fingerprints() const { return habits_.contains(fingerprints_learned()); }
  /// The habit that says so, even if there were no such programs.
  [[nodiscard]] static learn::Habit fingerprints_learned();
  /// Whether the client's service used to open conversations to the server's at that port.
  [[nodiscard]] bool allows(const Contact& contact) const;
  /// The same at whatever port.
  [[nodiscard]] bool allows_at_some_port(const Contact& contact) const;
  /// How many services the client's used to talk to; how many talked to the server's.
  [[nodiscard]] std::uint64_t server_count(graph::ClassId client) const;
  [[nodiscard]] std::uint64_t client_count(graph::ClassId server) const;
  /// Whether the service was seen at all.
  [[nodiscard]] bool knows(graph::ClassId service) const;
  /// It talks to so many services that another is nothing new.
  [[nodiscard]] bool is_monitor(graph::ClassId service) const;

  /// The learned share for a source of first contacts, from 0.5 to 0.9.
  [[nodiscard]] double opened_share(const Party& source) const;

  /// Whether a detector said the same of benign traffic.
  [[nodiscard]] bool is_habit(const Finding& finding, const Resolver& resolver) const;

 private:
  struct Service {
    double opened_share = kUsualOpenedShare;
    std::uint64_t server_count = 0;
    std::uint64_t client_count = 0;
    bool is_seen = false;
  };

  std::unordered_set<Key> pairs_;  ///< only looked up
  std::vector<Service> services_;  ///< by ClassId
  std::uint64_t monitor_server_count_ = 0;
  std::set<learn::Habit> habits_;
};

/// How a finding is remembered. Only of sources that are services of the cluster.
[[nodiscard]] std::vector<learn::Habit> habits_of(const Finding& finding, const Resolver& resolver);

}  // namespace mimir::detector

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <unordered_set>

#include "model/detector/detector_set.h"
#include "model/learn/contact_habits.h"

namespace mimir::detector {

/// Learns from benign windows who opens conversations to whom, how first contacts come
/// out, and what the detectors would have said.
///
/// A pair is allowed once one of its contacts was answered, or if it failed at least
/// three times over ten minutes: who asks a dead server all the time will go on. Of two
/// services with more than kServicePortMax ports between them, any port is allowed.
///
/// Threads: one owner. Memory: that of the detectors, kContactMax first contacts and
/// kPairMax pairs; what comes beyond them is not learned.
class HabitLearner {
 public:
  static constexpr std::size_t kContactMax = std::size_t{1} << 20;
  static constexpr std::size_t kPairMax = std::size_t{1} << 18;
  static constexpr std::size_t kServicePortMax = 64;

  /// REQUIRES: a resolver that has a cluster, and outlives it.
  explicit HabitLearner(const Resolver& resolver, std::vector<PayloadRule> rules = {});

  void add(const Window& window);
  /// What was learned; the end of the run.
  [[nodiscard]] learn::ContactHabits finish();

 private:
  struct Pair {
    graph::ClassId client = 0;
    graph::ClassId server = 0;
    std::uint16_t port = 0;
    std::uint8_t protocol = 0;
    friend auto operator<=>(const Pair&, const Pair&) = default;
  };
  struct Contacts {
    std::uint64_t answered_count = 0;
    std::uint64_t failed_count = 0;
    TimeNs first_failed_ns = 0;
    TimeNs last_failed_ns = 0;
  };

  void learn(const std::vector<Finding>& findings);
  void learn_habits(const std::vector<Finding>& findings);
  void learn(const Contact& contact);
  [[nodiscard]] static bool is_habit(const Contacts& contacts);
  void write_pairs(learn::ContactHabits& habits) const;

  const Resolver& resolver_;
  KnownHabits nothing_known_;
  DetectorSet detectors_;
  std::map<Pair, Contacts> pairs_;
  std::map<graph::ClassId, learn::ContactPrior> priors_;
  std::unordered_set<Key> first_contacts_;  ///< only looked up
  std::set<learn::Habit> habits_;
};

}  // namespace mimir::detector

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

namespace mimir::learn {

/// Who opened conversations to whom in benign traffic.
struct AllowedPair {
  std::string client;
  std::string server;
  std::uint16_t port = 0;     ///< 0: any, where a policy allows it
  std::uint8_t protocol = 0;  ///< IANA; 0: any
  std::uint64_t contact_count = 0;

  friend auto operator<=>(const AllowedPair&, const AllowedPair&) = default;
};

/// How the first contacts of a service's pods came out: the prior of the scan detector.
struct ContactPrior {
  std::string service;
  std::uint64_t opened_count = 0;
  std::uint64_t failed_count = 0;
  std::uint64_t server_count = 0;  ///< services it opened conversations to

  friend auto operator<=>(const ContactPrior&, const ContactPrior&) = default;
};

/// Something a detector said of benign traffic, and need not say again.
struct Habit {
  std::string detector;
  std::string source;  ///< a service
  std::string target;  ///< a service or an outside address; empty: any
  std::uint16_t port = 0;

  friend auto operator<=>(const Habit&, const Habit&) = default;
};

/// What the detectors learned of a cluster. Every list ascends, no element twice.
struct ContactHabits {
  std::vector<AllowedPair> pairs;
  std::vector<ContactPrior> priors;
  std::vector<Habit> habits;

  friend bool operator==(const ContactHabits&, const ContactHabits&) = default;
};

/// Adds what another run of the same cluster taught; in any order the same.
void merge(ContactHabits& into, const ContactHabits& from);

}  // namespace mimir::learn

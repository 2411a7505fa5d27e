// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "model/detector/bounded_table.h"
#include "model/detector/contact.h"
#include "model/detector/finding.h"
#include "model/detector/known_habits.h"
#include "model/detector/scan_text.h"

namespace mimir::detector {

/// What separates a scan from bad luck, see PortScan.
struct ScanOptions {
  double false_alarm_probability = 0.01;  ///< alpha of the test
  double detection_probability = 0.99;    ///< beta
  double scanner_opened_share = 0.2;      ///< theta_1: of a scanner's first contacts
  TimeNs half_life_ns = 12 * 3600 * kNsPerSecond;
  TimeNs episode_gap_ns = 6 * 3600 * kNsPerSecond;  ///< a longer silence begins a new scan
  std::size_t source_count_max = std::size_t{1} << 17;
  std::size_t suspect_count_max = 512;
  std::size_t contact_count_max = std::size_t{1} << 19;
  std::size_t server_count_max = std::size_t{1} << 17;
};

/// Port scans and sweeps by the sequential test of Jung, Paxson, Berger and Balakrishnan,
/// "Fast Portscan Detection Using Sequential Hypothesis Testing", IEEE S&P 2004: each
/// first contact of a source moves its log likelihood ratio, ln(theta_1 / theta_0) if it
/// opened, ln((1 - theta_1) / (1 - theta_0)) if it failed, and the source scans once the
/// ratio reaches ln(beta / alpha).
///
/// What differs from the paper, and why:
///
///   the walk stops at 0 below             whoever was good for long gets no credit for it
///   theta_0 is the source's service's     a pod has few partners, and they answer
///   pairs the model knows do not count    a known service that is down is no scan
///   a failure counts a quarter where      a server that went down is no scan, and what
///   the server answered before, or        is flooded from forged addresses makes no
///   three others failed there too         scanners of them
///   an address that answered the source   whoever watches pods hears late that one is
///   as a pod's is no first contact, when  gone; an autoscaler and an update make many
///   the pod is gone
///   datagrams weigh less than SYNs        many want no answer
///   answered echoes do not count          to ping is to look for who answers
///   FIN, NULL and Xmas weigh more         no conversation begins with them
///   a SYN-ACK that was not taken up       is an open port of a SYN scan
///   half of it fades in half_life_ns      slow scans are found, old errors forgotten
///
/// Unanswered datagrams and echoes do not count while a mirror seems to show one way.
///
/// Threads: one owner. Memory: fixed, see ScanOptions; a source's evidence weighs as much
/// as its ratio, so that forged sources push out no scanner. Findings depend on the order
/// of contacts only.
class PortScan {
 public:
  PortScan(const Resolver& resolver, const KnownHabits& habits, const ScanOptions& options = {});

  void see(const Contact& contact);
  /// Appends what has become certain since the last call.
  void report(std::vector<Finding>& findings);
  /// Whether the mirror shows both ways; asked once a window, before its contacts.
  void look_at(const Window& window);

  [[nodiscard]] std::uint64_t forgotten_source_count() const { return walks_.forgotten_count(); }

 private:
  /// A source's walk; small, for there may be many.
  struct Walk {
    double ratio = 0;
    TimeNs updated_ns = 0;
    std::uint32_t failed_count = 0;
    Probe first_probe = Probe::kSyn;
    TimeNs first_ns = 0;
    TriedPort first;  ///< that failed
    [[nodiscard]] double rank() const { return ratio; }
  };
  /// What is known of a source that failed more than once.
  struct Suspect {
    Party source;
    TimeNs first_ns = 0;
    TimeNs last_ns = 0;
    double ratio = 0;
    double opened_share = 0;
    std::uint32_t opened_count = 0;
    std::uint32_t failed_at_decision = 0;
    std::uint32_t reported_count = 0;       ///< failures when it was last reported; 0: never
    std::array<std::uint32_t, 7> probes{};  ///< failures by Probe
    std::vector<Key> hosts;                 ///< ascending, at most kHostMax
    std::bitset<65536> ports;
    std::vector<TriedPort> tried;  ///< at most kTriedMax
    bool is_due = false;
    [[nodiscard]] double rank() const { return ratio; }
  };
  /// A port of a host.
  struct Server {
    bool has_answered = false;
    std::uint8_t failing_count = 0;
    std::array<std::uint32_t, 3> failing{};  ///< the first three sources that failed
    TimeNs last_ns = 0;
    [[nodiscard]] double rank() const { return static_cast<double>(last_ns); }
  };
  struct Seen {
    TimeNs last_ns = 0;
    bool has_failed = false;
    [[nodiscard]] double rank() const { return static_cast<double>(last_ns); }
  };

  [[nodiscard]] double step_of(const Contact& contact, double theta_0) const;
  [[nodiscard]] bool is_common_failure(const Contact& contact, Server& server) const;
  /// That the address answered, for the time after the pod that holds it.
  void remember_address(const Contact& contact);
  void fail(const Contact& contact, double step);
  void open(const Contact& contact);
  static void note(Suspect& suspect, const TriedPort& tried, TimeNs time_ns);
  Suspect& suspect(const Contact& contact, Walk& walk);
  void fade(Walk& walk, TimeNs time_ns) const;
  [[nodiscard]] Finding describe(const Suspect& suspect, std::uint32_t failed_count) const;

  const Resolver& resolver_;
  const KnownHabits& habits_;
  ScanOptions options_;
  double threshold_;
  BoundedTable<Walk> walks_;
  BoundedTable<Suspect> suspects_;
  BoundedTable<Server> servers_;
  BoundedTable<Seen> contacts_;
  std::vector<Key> due_;
  double two_way_flows_ = 0;  ///< fading counts of flows that showed both ways, or one
  double one_way_flows_ = 0;
};

}  // namespace mimir::detector

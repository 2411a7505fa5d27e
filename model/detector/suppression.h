// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/detector/finding.h"
#include "model/detector/party.h"

namespace mimir::detector {

/// What need not be reported, until when, and why.
struct Suppression {
  std::string detector{};  ///< whose alarms; empty: every detector's findings, and no window
  std::string source{};    ///< a service, a pod, an address or a range; empty: anybody
  std::string target{};    ///< the same of every target; empty: anybody
  std::uint16_t port = 0;  ///< one that every target was tried at; 0: any
  TimeNs until_ns = 0;     ///< exclusive, in packet time
  std::string reason{};

  friend bool operator==(const Suppression&, const Suppression&) = default;
};

/// Somebody, as a suppression may name them.
struct SubjectParty {
  std::string name;     ///< "shop/user-0", else the address
  std::string service;  ///< empty: none is known
  Address address;
  std::vector<std::uint16_t> ports{};  ///< of a target: those that were tried

  friend bool operator==(const SubjectParty&, const SubjectParty&) = default;
};

/// What one service sent another, as a suppression needs to know it.
struct SubjectEdge {
  std::string source;
  std::string target;
  double excess = 0;  ///< as EdgeEvidence has it

  friend bool operator==(const SubjectEdge&, const SubjectEdge&) = default;
};

/// What a suppression is held against: whom an alarm is about, without its figures. All of
/// it is in the alarm's line too, so that a past one is judged by the same code.
struct SuppressionSubject {
  std::string detector{};
  TimeNs last_ns = 0;  ///< of what it rests on; of a window its last nanosecond

  // Of a detector's finding.
  SubjectParty source{};
  std::vector<SubjectParty> targets{};
  std::uint64_t target_count = 0;  ///< of all, listed or not

  // Of a window above its threshold.
  std::vector<std::string> path{};   ///< services, the holder of the data first
  std::vector<SubjectEdge> edges{};  ///< the most excessive, at most kSubjectEdgeMax

  friend bool operator==(const SuppressionSubject&, const SuppressionSubject&) = default;
};

inline constexpr std::size_t kSubjectEdgeMax = 10;

[[nodiscard]] SuppressionSubject subject_of(const Finding& finding, const Resolver& resolver);

/// Applies suppressions and keeps count of them.
///
/// A finding is covered by one suppression that names its source and each of its targets.
///
/// A window above its threshold is covered only by suppressions of `exfiltration`, each of
/// which names one edge between two services. Whoever wants to take data through an edge that
/// is allowed must not be hidden by that, so that all of this holds:
/// - Each hop of its path is allowed, by one suppression or by several. Of user-db -> user ->
///   outside, `user -> outside` alone says nothing of what user-db gave away. A window
///   without a path is explained by no edge, and never covered.
/// - Nothing beside the path may be another way out. A theft can be timed to the night's
///   backup, which then is the wider path and the one that is named. So no edge that nobody
///   allowed may stand out (an excess of 1, the 99th percentile) and lie on a way from the
///   path's holder to its end, through nobody twice, whose every edge stands out or is a hop
///   of the path.
/// - What is not listed cannot be known: where all of kSubjectEdgeMax edges stand out, there
///   may be more.
/// What is left to a thief is the allowed path itself, which is what was allowed. That two
/// suppressions together allow a path that neither was written for is why
/// `mimir policy allow` judges an edge together with those in force.
///
/// Threads: one owner. Cost: a comparison of names for each finding, or hop, and suppression;
/// both are few.
class Suppressor {
 public:
  explicit Suppressor(std::vector<Suppression> suppressions);

  /// Others take their place. One that stays, stays with its counts; what others suppressed
  /// stays in the sum.
  void replace(std::vector<Suppression> suppressions);

  /// Those that cover the subject: one, or of a window one for each hop, each once, in the
  /// order of the path. None: it is to be told. What has expired covers nothing; that it
  /// would have, where nothing else does, is counted. Valid until replace().
  [[nodiscard]] std::vector<const Suppression*> cover(const SuppressionSubject& subject);

  struct Use {
    Suppression suppression;
    std::uint64_t suppressed_count = 0;
    std::uint64_t expired_count = 0;  ///< alarms it would have covered, had it not ended
  };
  [[nodiscard]] const std::vector<Use>& uses() const { return uses_; }
  /// Alarms that were covered, by one suppression or several.
  [[nodiscard]] std::uint64_t suppressed_count() const { return suppressed_count_; }

 private:
  using Chosen = std::vector<Use*>;

  [[nodiscard]] Chosen choose(const SuppressionSubject& subject, bool takes_expired);
  [[nodiscard]] Chosen choose_hops(const SuppressionSubject& subject, bool takes_expired);

  std::vector<Use> uses_;
  std::uint64_t suppressed_count_ = 0;
};

}  // namespace mimir::detector

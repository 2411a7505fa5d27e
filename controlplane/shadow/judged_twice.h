// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/alert/alert_builder.h"
#include "dataplane/record/time.h"
#include "model/analysis/analyzer.h"

namespace mimir::controlplane {

/// What one model made of a window.
struct Judgement {
  double score = 0;
  double threshold = 0;
  bool has_data = true;
  bool is_alarm = false;
  // Of an alarm; empty if it is none.
  std::string where{};      ///< "user-db -> user -> outside", or its most excessive edge
  std::string invariant{};  ///< that says most for it
  double contribution = 0;  ///< and how much of the score that is

  /// How far above its threshold it is.
  [[nodiscard]] double margin() const { return score - threshold; }
};

/// `alert`: of the window, if it is an alarm; else null.
[[nodiscard]] Judgement judgement_of(const learn::Score& score, const Alert* alert);
/// `builder`: of the model that judged.
[[nodiscard]] Judgement judgement_of(const analysis::Verdict& verdict, const AlertBuilder& builder);

/// Who of two models alarms in a window.
enum class Agreement : std::uint8_t { kNeither, kBoth, kFirst, kSecond };
inline constexpr std::size_t kAgreementCount = 4;

/// A window that two models judged: one that is in force and a candidate, or any two.
struct JudgedTwice {
  TimeNs begin_ns = 0;
  TimeNs end_ns = 0;
  std::uint32_t granularity_s = 0;
  bool is_partial = false;
  Judgement first;
  Judgement second;

  [[nodiscard]] Agreement agreement() const;
};

/// A window that a candidate judged beside the model in force, which is the first.
struct ShadowJudgement {
  JudgedTwice window;
  std::string active_digest;  ///< SHA-256, hexadecimal, as the next
  std::string candidate_digest;
};

/// Joins what two models say of the same windows. A window that only one of them judges, for
/// it knows a granularity that the other does not, has no pair.
///
/// Threads: one owner. Memory: one judgement a granularity. REQUIRES: of two judgements of one
/// window the first model's comes first, and before its next one of that granularity.
class JudgementPairs {
 public:
  void add_first(const analysis::ReducedWindow& window, Judgement judgement);
  /// The pair, if the first model judged the same window.
  [[nodiscard]] std::optional<JudgedTwice> add_second(const analysis::ReducedWindow& window,
                                                      Judgement judgement);

 private:
  std::vector<JudgedTwice> open_;  ///< by granularity: the last, without its second half
};

}  // namespace mimir::controlplane

// SPDX-License-Identifier: Apache-2.0
#include "controlplane/shadow/judged_twice.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace mimir::controlplane {

namespace {

std::string where_of(const Alert& alert) {
  if (!alert.path.empty()) return fmt::format("{}", fmt::join(alert.path, " -> "));
  if (alert.edges.empty()) return {};
  return alert.edges.front().source + " -> " + alert.edges.front().destination;
}

}  // namespace

Judgement judgement_of(const learn::Score& score, const Alert* alert) {
  Judgement judgement{.score = score.value,
                      .threshold = score.threshold,
                      .has_data = !score.no_data,
                      .is_alarm = score.alert()};
  if (alert == nullptr) return judgement;
  judgement.where = where_of(*alert);
  // The largest part that speaks for an alarm: one against it explains nothing.
  const auto part = std::max_element(
      score.contributions.begin(), score.contributions.end(),
      [](const auto& a, const auto& b) { return a.contribution < b.contribution; });
  if (part != score.contributions.end()) {
    judgement.invariant = part->feature;
    judgement.contribution = part->contribution;
  }
  return judgement;
}

Judgement judgement_of(const analysis::Verdict& verdict, const AlertBuilder& builder) {
  if (!verdict.score.alert()) return judgement_of(verdict.score, nullptr);
  const Alert alert = builder.build(verdict);
  return judgement_of(verdict.score, &alert);
}

Agreement JudgedTwice::agreement() const {
  if (first.is_alarm) return second.is_alarm ? Agreement::kBoth : Agreement::kFirst;
  return second.is_alarm ? Agreement::kSecond : Agreement::kNeither;
}

void JudgementPairs::add_first(const analysis::ReducedWindow& window, Judgement judgement) {
  const std::uint32_t granularity_s = window.granularity_s();
  auto open = std::find_if(open_.begin(), open_.end(), [&](const JudgedTwice& each) {
    return each.granularity_s == granularity_s;
  });
  if (open == open_.end()) open = open_.insert(open_.end(), JudgedTwice());
  *open = {.begin_ns = window.begin_ns,
           .end_ns = window.end_ns,
           .granularity_s = granularity_s,
           .is_partial = window.is_partial,
           .first = std::move(judgement),
           .second = {}};
}

std::optional<JudgedTwice> JudgementPairs::add_second(const analysis::ReducedWindow& window,
                                                      Judgement judgement) {
  for (const JudgedTwice& open : open_) {
    if (open.granularity_s != window.granularity_s() || open.begin_ns != window.begin_ns) continue;
    JudgedTwice pair = open;
    // What is partial to one of them is not to be compared as a whole one.
    pair.is_partial = pair.is_partial || window.is_partial;
    pair.second = std::move(judgement);
    return pair;
  }
  return std::nullopt;
}

}  // namespace mimir::controlplane

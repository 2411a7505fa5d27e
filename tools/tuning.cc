// SPDX-License-Identifier: Apache-2.0
#include "tools/tuning.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <map>

namespace mimir::tools {

namespace {

constexpr double kDaysOfWeek = 7;
/// How far above the highest score a threshold stands that nothing may exceed.
constexpr double kHeadroom = 0.1;

/// Windows that alarm, as they are added in whatever order, and how many incidents they are.
class Alarms {
 public:
  explicit Alarms(TimeNs quiet_ns) : quiet_ns_(quiet_ns) {}

  void add(const ScoredWindow& window) {
    const auto [here, is_new] = ends_.emplace(window.begin_ns, window.end_ns);
    if (!is_new) return;
    const bool joins_last =
        here != ends_.begin() && is_near(std::prev(here)->second, window.begin_ns);
    const auto next = std::next(here);
    const bool joins_next = next != ends_.end() && is_near(window.end_ns, next->first);
    if (!joins_last && !joins_next) ++count_;
    const bool were_one = here != ends_.begin() && next != ends_.end() &&
                          is_near(std::prev(here)->second, next->first);
    if (joins_last && joins_next && !were_one) --count_;
  }

  [[nodiscard]] std::uint64_t incidents() const { return count_; }

 private:
  [[nodiscard]] bool is_near(TimeNs end_ns, TimeNs begin_ns) const {
    return begin_ns - end_ns < quiet_ns_;
  }

  TimeNs quiet_ns_;
  std::map<TimeNs, TimeNs> ends_;  ///< by beginning
  std::uint64_t count_ = 0;
};

}  // namespace

std::uint64_t incident_count(std::span<const ScoredWindow> windows, double threshold,
                             TimeNs quiet_ns) {
  Alarms alarms(quiet_ns);
  for (const ScoredWindow& window : windows) {
    if (window.score > threshold) alarms.add(window);
  }
  return alarms.incidents();
}

std::optional<TunedThreshold> tune(std::span<const ScoredWindow> windows,
                                   std::uint64_t incidents_max, TimeNs quiet_ns) {
  std::vector<ScoredWindow> sorted(windows.begin(), windows.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.score > b.score; });
  Alarms alarms(quiet_ns);
  TunedThreshold tuned;
  for (std::size_t begin = 0; begin < sorted.size();) {
    std::size_t end = begin;
    // Equal scores alarm together or not at all.
    for (; end < sorted.size() && sorted[end].score == sorted[begin].score; ++end) {
      alarms.add(sorted[end]);
    }
    if (alarms.incidents() > incidents_max) {
      const double score = sorted[begin].score;
      tuned.threshold = begin == 0 ? score + kHeadroom * std::max(1.0, std::abs(score))
                                   : (score + sorted[begin - 1].score) / 2;
      return tuned;
    }
    tuned.alarms = end;
    tuned.incidents = alarms.incidents();
    begin = end;
  }
  return std::nullopt;
}

std::optional<double> parse_budget(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  double count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + slash, count);
  if (error != std::errc() || end != text.data() + slash || !std::isfinite(count) || count <= 0) {
    return std::nullopt;
  }
  const std::string_view unit = text.substr(slash + 1);
  if (unit == "day") return count;
  return unit == "week" ? std::optional(count / kDaysOfWeek) : std::nullopt;
}

}  // namespace mimir::tools

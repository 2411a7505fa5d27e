// SPDX-License-Identifier: Apache-2.0
#include "controlplane/http/past_query.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace mimir::controlplane {

namespace {

struct Parameter {
  std::string_view name;
  std::int64_t PastQuery::*member;
  std::int64_t min;
  std::int64_t max;
};

constexpr std::array<Parameter, 4> kParameters{
    {{"from", &PastQuery::from_s, 0, PastQuery::kSecondsMax},
     {"to", &PastQuery::to_s, 0, PastQuery::kSecondsMax},
     {"limit", &PastQuery::limit, 1, PastQuery::kLimitMax},
     {"granularity", &PastQuery::granularity_s, 1, UINT32_MAX}}};

}  // namespace

std::optional<std::int64_t> to_whole_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

std::optional<PastQuery> read_past_query(std::string_view query, std::string& fault) {
  PastQuery past;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const std::size_t mark = std::min(pair.find('='), pair.size());
    const std::string_view key = pair.substr(0, mark);
    const auto* const known =
        std::find_if(kParameters.begin(), kParameters.end(),
                     [key](const Parameter& parameter) { return parameter.name == key; });
    if (known == kParameters.end()) {
      fault = "nothing is called `" + std::string(key) + "`: give from, to, limit or granularity";
      return std::nullopt;
    }
    const auto value = to_whole_number(pair.substr(std::min(mark + 1, pair.size())));
    if (!value || *value < known->min || *value > known->max) {
      fault = std::string(key) + " is no whole number from " + std::to_string(known->min) + " to " +
              std::to_string(known->max);
      return std::nullopt;
    }
    past.*known->member = *value;
  }
  return past;
}

HistorySpan span_of(const PastQuery& query) {
  return {.from_ns = query.from_s * kNsPerSecond,
          .to_ns = query.to_s * kNsPerSecond,
          .granularity_s = static_cast<std::uint32_t>(query.granularity_s),
          .count_max = static_cast<std::size_t>(query.limit),
          .bytes_max = PastQuery::kBytesMax};
}

}  // namespace mimir::controlplane

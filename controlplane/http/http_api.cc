// SPDX-License-Identifier: Apache-2.0
#include "controlplane/http/http_api.h"

#include <algorithm>
#include <deque>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "controlplane/metrics/metrics_text.h"
#include "controlplane/status/status_json.h"

namespace mimir::controlplane {

namespace {

using config::Json;

constexpr std::string_view kFirstPage = "index.html";
constexpr std::string_view kWindows = "/api/v1/windows";
/// A replay's windows lie in the past: only live ones can be late.
constexpr std::int64_t kLateWindows = 3;

HttpResponse json_response(const Json& json, unsigned status = 200) {
  return {.status = status, .body = config::to_text(json) + '\n'};
}

HttpResponse refusal(unsigned status, const char* error, const char* hint) {
  Json json = Json::object();
  json.set("error", error).set("hint", hint);
  return json_response(json, status);
}

HttpResponse text_response(std::string body) {
  return {.status = 200, .content_type = "text/plain; charset=utf-8", .body = std::move(body)};
}

HttpResponse asset_response(const WebAsset& asset) {
  const std::string_view type = asset.name.ends_with(".js")    ? "text/javascript"
                                : asset.name.ends_with(".css") ? "text/css"
                                : asset.name.ends_with(".svg") ? "image/svg+xml"
                                                               : "text/html";
  return {.status = 200,
          .content_type = std::string(type) + "; charset=utf-8",
          .body = std::string(asset.text)};
}

/// Of each granularity the last window.
std::vector<const WindowView*> latest_of(const std::deque<WindowView>& windows) {
  std::map<std::uint32_t, const WindowView*> latest;
  for (const WindowView& window : windows) latest[window.granularity_s] = &window;
  std::vector<const WindowView*> list;
  for (const auto& [granularity_s, window] : latest) list.push_back(window);
  return list;
}

/// What memory has of what is asked for, the last of it, and where that begins.
struct Remembered {
  std::vector<std::string> rows{};
  std::optional<TimeNs> oldest_end_ns{};                ///< of all windows in memory
  std::set<std::pair<std::uint32_t, TimeNs>> oldest{};  ///< which end then
};

Remembered windows_in(const std::deque<WindowView>& all, const PastQuery& query) {
  Remembered found;
  std::vector<const WindowView*> chosen;
  for (const WindowView& window : all) {
    if (!found.oldest_end_ns) found.oldest_end_ns = window.end_ns;
    if (window.end_ns == *found.oldest_end_ns) {
      found.oldest.emplace(window.granularity_s, window.begin_ns);
    }
    const bool is_asked_for =
        query.granularity_s == 0 || window.granularity_s == query.granularity_s;
    if (is_asked_for && query.has(window.begin_ns)) chosen.push_back(&window);
  }
  const std::size_t count = std::min(chosen.size(), static_cast<std::size_t>(query.limit));
  for (std::size_t i = chosen.size() - count; i < chosen.size(); ++i) {
    found.rows.push_back(config::to_text(summary_json(*chosen[i])));
  }
  return found;
}

std::vector<std::string> alerts_in(const std::deque<ToldAlert>& all, const PastQuery& query) {
  std::vector<std::string> rows;
  for (auto alert = all.rbegin(); alert != all.rend(); ++alert) {
    if (rows.size() == static_cast<std::size_t>(query.limit)) break;
    if (query.has(alert->time_ns)) rows.push_back(alert->line);
  }
  std::reverse(rows.begin(), rows.end());
  return rows;
}

bool is_json(std::string_view text) {
  config::Diagnostics ignored;
  return config::parse_json(text, "", ignored).has_value();
}

/// The last `limit` of what the history says and then memory does, as far as they fit. They stay
/// text: as values they would take six times as much, for each who asks.
HttpResponse list_response(std::string_view name, std::vector<std::string> older,
                           std::vector<std::string> recent, const PastQuery& query) {
  older.erase(std::remove_if(older.begin(), older.end(),
                             [](const std::string& row) { return !is_json(row); }),
              older.end());
  std::vector<std::string> rows = std::move(older);
  std::move(recent.begin(), recent.end(), std::back_inserter(rows));
  std::size_t first = rows.size();
  std::size_t bytes = 0;
  while (first > 0 && rows.size() - first < static_cast<std::size_t>(query.limit) &&
         bytes + rows[first - 1].size() <= PastQuery::kBytesMax) {
    bytes += rows[--first].size();
  }
  const bool is_cut = first > 0 && rows.size() - first < static_cast<std::size_t>(query.limit);
  HttpResponse response;
  response.body.reserve(bytes + rows.size() + 64);
  response.body.append("{\"").append(name).append("\":[");
  for (std::size_t i = first; i < rows.size(); ++i) {
    if (i > first) response.body.push_back(',');
    response.body.append(rows[i]);
  }
  response.body.append(is_cut ? "],\"cut\":true}\n" : "]}\n");
  return response;
}

HttpResponse no_history(const std::string& fault) {
  return refusal(500, ("the history cannot be read: " + fault).c_str(),
                 "is the disk of output.history well?");
}

}  // namespace

HttpResponse HttpApi::answer(const HttpRequest& request) const {
  if (request.path == "/healthz") return text_response("ok\n");
  std::string_view file = request.path;
  if (file.starts_with('/')) file.remove_prefix(1);
  if (file.empty()) file = kFirstPage;
  for (const WebAsset& asset : assets_) {
    if (asset.name == file) return asset_response(asset);
  }
  if (request.path == "/api/v1/alerts" || request.path == kWindows) {
    std::string fault;
    const auto query = read_past_query(request.query, fault);
    if (!query) return refusal(400, fault.c_str(), "/api/v1/windows?granularity=10&limit=360");
    return request.path == kWindows ? windows(*query) : alerts(*query);
  }
  if (request.path.starts_with(kWindows)) return window(request.path.substr(kWindows.size()));
  return board_.read([&](const Content& content) { return answer_api(request, content); });
}

// The history is asked when the board is free again: a disk must not hold up the control plane.
HttpResponse HttpApi::windows(const PastQuery& query) const {
  Remembered recent =
      board_.read([&](const Content& content) { return windows_in(content.windows, query); });
  std::vector<std::string> older;
  if (past_ != nullptr && recent.rows.size() < static_cast<std::size_t>(query.limit)) {
    HistorySpan span = span_of(query);
    if (recent.oldest_end_ns) span.ended_ns = *recent.oldest_end_ns;
    // Of those that ended with the oldest in memory, both may have the same.
    span.count_max += recent.oldest.size() - recent.rows.size();
    std::string fault;
    auto found = past_->summaries(span, fault);
    if (!found) return no_history(fault);
    for (WindowSummary& summary : *found) {
      if (recent.oldest.contains({summary.granularity_s, summary.begin_ns})) continue;
      older.push_back(std::move(summary.json));
    }
  }
  return list_response("windows", std::move(older), std::move(recent.rows), query);
}

HttpResponse HttpApi::alerts(const PastQuery& query) const {
  std::vector<std::string> recent =
      board_.read([&](const Content& content) { return alerts_in(content.alerts, query); });
  std::vector<std::string> older;
  if (past_ != nullptr && recent.size() < static_cast<std::size_t>(query.limit)) {
    std::string fault;
    auto found = past_->told(span_of(query), fault);
    if (!found) return no_history(fault);
    // The history may be a moment behind, and has what memory has.
    const std::set<std::string_view> known(recent.begin(), recent.end());
    for (std::string& line : *found) {
      if (!known.contains(line)) older.push_back(std::move(line));
    }
  }
  return list_response("alerts", std::move(older), std::move(recent), query);
}

/// `name`: "/10/1767225600".
HttpResponse HttpApi::window(std::string_view name) const {
  const std::size_t slash = name.rfind('/');
  if (name.starts_with('/') && slash > 0) {
    const auto granularity_s = to_whole_number(name.substr(1, slash - 1));
    const auto begin_s = to_whole_number(name.substr(slash + 1));
    const bool is_sound = granularity_s && begin_s && *granularity_s <= UINT32_MAX &&
                          *begin_s <= PastQuery::kSecondsMax;
    std::string text;
    if (is_sound) {
      text = board_.read([&](const Content& content) {
        for (const WindowView& window : content.windows) {
          if (window.granularity_s == *granularity_s &&
              window.begin_ns / kNsPerSecond == *begin_s) {
            return config::to_text(to_json(window));
          }
        }
        return std::string();
      });
    }
    if (is_sound && text.empty() && past_ != nullptr) {
      text = past_->detail(static_cast<std::uint32_t>(*granularity_s), *begin_s * kNsPerSecond);
    }
    if (!text.empty()) return {.status = 200, .body = text + '\n'};
  }
  return refusal(404, "no such window is remembered",
                 "/api/v1/windows lists them; then /api/v1/windows/GRANULARITY/BEGIN");
}

HttpResponse HttpApi::answer_api(const HttpRequest& request, const Content& content) const {
  const std::string_view path = request.path;
  if (path == "/metrics") return metrics(content);
  if (path == "/readyz") return readiness(content);
  if (path == "/api/v1/status") return json_response(to_json(content.status));
  return refusal(404, "there is nothing here",
                 "/metrics, /healthz, /readyz, /api/v1/status, /api/v1/windows, /api/v1/alerts");
}

HttpResponse HttpApi::metrics(const Content& content) const {
  return {.status = 200,
          .content_type = "text/plain; version=0.0.4; charset=utf-8",
          .body = to_metrics_text(content.status, latest_of(content.windows), now_ns_())};
}

HttpResponse HttpApi::readiness(const Content& content) const {
  const ApplianceStatus& status = content.status;
  Json reasons = Json::array();
  if (!status.is_listening) reasons.push("no port is being polled");
  for (const PortStatus& port : status.ports) {
    if (!port.is_link_up) reasons.push("no link at port " + port.device);
  }
  if (status.entities.is_stale(now_ns_())) {
    reasons.push(describe_age(status.entities, now_ns_()));
  }
  if (!status.identity.is_replay && status.is_listening) {
    for (const WindowView* const window : latest_of(content.windows)) {
      const TimeNs late_ns = now_ns_() - window->end_ns;
      if (late_ns <= kLateWindows * (window->end_ns - window->begin_ns)) continue;
      reasons.push("the last window of " + std::to_string(window->granularity_s) +
                   " s was judged " + std::to_string(late_ns / kNsPerSecond) + " s ago");
    }
  }
  const bool is_ready = reasons.elements()->empty();
  Json json = Json::object();
  json.set("ready", is_ready).set("reasons", std::move(reasons));
  return json_response(json, is_ready ? 200 : 503);
}

}  // namespace mimir::controlplane

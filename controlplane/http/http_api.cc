// SPDX-License-Identifier: Apache-2.0
#include "controlplane/http/http_api.h"

#include <algorithm>
#include <charconv>
#include <deque>
#include <map>
#include <optional>
#include <string>
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

std::optional<std::int64_t> to_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

/// The value of `key` in a=1&b=2; nothing if it is not there, or is no number.
std::optional<std::int64_t> parameter(std::string_view query, std::string_view key) {
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const std::size_t mark = pair.find('=');
    if (mark != std::string_view::npos && pair.substr(0, mark) == key) {
      return to_number(pair.substr(mark + 1));
    }
  }
  return std::nullopt;
}

/// Where the last `limit` of `count` begin.
std::size_t begin_of_last(std::size_t count, std::optional<std::int64_t> limit) {
  if (!limit || static_cast<std::uint64_t>(*limit) >= count) return 0;
  return count - static_cast<std::size_t>(*limit);
}

/// Of each granularity the last window.
std::vector<const WindowView*> latest_of(const std::deque<WindowView>& windows) {
  std::map<std::uint32_t, const WindowView*> latest;
  for (const WindowView& window : windows) latest[window.granularity_s] = &window;
  std::vector<const WindowView*> list;
  for (const auto& [granularity_s, window] : latest) list.push_back(window);
  return list;
}

HttpResponse windows(const std::deque<WindowView>& all, std::string_view query) {
  const auto granularity_s = parameter(query, "granularity");
  std::vector<const WindowView*> chosen;
  for (const WindowView& window : all) {
    if (!granularity_s || window.granularity_s == *granularity_s) chosen.push_back(&window);
  }
  Json list = Json::array();
  const std::size_t begin = begin_of_last(chosen.size(), parameter(query, "limit"));
  for (std::size_t i = begin; i < chosen.size(); ++i) list.push(summary_json(*chosen[i]));
  Json json = Json::object();
  json.set("windows", std::move(list));
  return json_response(json);
}

/// `name`: "/10/1767225600".
HttpResponse window(const std::deque<WindowView>& all, std::string_view name) {
  const std::size_t slash = name.rfind('/');
  if (name.starts_with('/') && slash > 0) {
    const auto granularity_s = to_number(name.substr(1, slash - 1));
    const auto begin_s = to_number(name.substr(slash + 1));
    for (const WindowView& window : all) {
      if (granularity_s && begin_s && window.granularity_s == *granularity_s &&
          window.begin_ns / kNsPerSecond == *begin_s) {
        return json_response(to_json(window));
      }
    }
  }
  return refusal(404, "no such window is remembered",
                 "/api/v1/windows lists them; then /api/v1/windows/GRANULARITY/BEGIN");
}

HttpResponse alerts(const std::deque<Json>& all, std::string_view query) {
  Json list = Json::array();
  const std::size_t begin = begin_of_last(all.size(), parameter(query, "limit"));
  for (std::size_t i = begin; i < all.size(); ++i) list.push(all[i]);
  Json json = Json::object();
  json.set("alerts", std::move(list));
  return json_response(json);
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
  return board_.read([&](const Content& content) { return answer_api(request, content); });
}

HttpResponse HttpApi::answer_api(const HttpRequest& request, const Content& content) const {
  const std::string_view path = request.path;
  if (path == "/metrics") return metrics(content);
  if (path == "/readyz") return readiness(content);
  if (path == "/api/v1/status") return json_response(to_json(content.status));
  if (path == "/api/v1/alerts") return alerts(content.alerts, request.query);
  if (path == kWindows) return windows(content.windows, request.query);
  if (path.starts_with(kWindows)) return window(content.windows, path.substr(kWindows.size()));
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

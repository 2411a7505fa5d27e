// SPDX-License-Identifier: Apache-2.0
#include "tools/window_source.h"

#include <utility>

#include <fmt/format.h>

#include "config/diagnostic.h"
#include "config/json_member.h"
#include "controlplane/alert/alert.h"
#include "controlplane/history/history.h"
#include "tools/status_text.h"

namespace mimir::tools {

namespace {

using config::Json;
using controlplane::History;
using controlplane::PastQuery;

constexpr const char* kHistoryHint = "give the file that output.history names";

class HistoryWindows final : public WindowSource {
 public:
  HistoryWindows(std::string path, std::unique_ptr<History> history)
      : path_(std::move(path)), history_(std::move(history)) {}

  [[nodiscard]] std::optional<std::vector<Json>> list(const PastQuery& query) override {
    const auto found = history_->summaries(controlplane::span_of(query));
    if (!found) {
      say("cannot be read: " + history_->fault());
      return std::nullopt;
    }
    std::vector<Json> all;
    for (const controlplane::WindowSummary& summary : *found) {
      auto window = parse(summary.json);
      if (!window) return std::nullopt;
      all.push_back(std::move(*window));
    }
    return all;
  }

  [[nodiscard]] std::optional<Json> window(std::uint64_t granularity_s,
                                           std::int64_t begin_s) override {
    const std::string text =
        history_->detail(static_cast<std::uint32_t>(granularity_s), begin_s * kNsPerSecond);
    if (!text.empty()) return parse(text);
    say(fmt::format("the window of {} s at {} was forgotten meanwhile", granularity_s, begin_s));
    return std::nullopt;
  }

  [[nodiscard]] std::string describe() override {
    std::string text;
    for (const controlplane::HistoryCoverage& each : history_->coverage()) {
      text +=
          fmt::format("  {} has {} windows of {} s, from {} to {}\n", path_, each.window_count,
                      each.granularity_s, controlplane::to_timestamp(each.begin_ns).substr(0, 19),
                      controlplane::to_timestamp(each.end_ns).substr(0, 19));
    }
    if (!text.empty()) return text + "  check: --granularity, --since and --until\n";
    return fmt::format(
        "  {} has no window at all\n  check: does the appliance run, and is that "
        "its output.history?\n",
        path_);
  }

  [[nodiscard]] ExitCode fault_code() const override { return ExitCode::kData; }

 private:
  std::optional<Json> parse(const std::string& text) const {
    config::Diagnostics diagnostics;
    auto window = config::parse_json(text, path_, diagnostics);
    if (!window) fmt::print(stderr, "{}", diagnostics.render());
    return window;
  }
  void say(const std::string& fault) const {
    config::Diagnostics diagnostics;
    diagnostics.error({.file = path_}, fault, kHistoryHint);
    fmt::print(stderr, "{}", diagnostics.render());
  }

  std::string path_;
  std::unique_ptr<History> history_;
};

class LiveWindows final : public WindowSource {
 public:
  explicit LiveWindows(ControlLink link) : link_(std::move(link)) {}

  [[nodiscard]] std::optional<std::vector<Json>> list(const PastQuery& query) override {
    std::string target = fmt::format("/api/v1/windows?from={}&to={}&limit={}", query.from_s,
                                     query.to_s, query.limit);
    if (query.granularity_s > 0) target += fmt::format("&granularity={}", query.granularity_s);
    const auto answer = link_.ask(false, target);
    if (!answer) return std::nullopt;
    return list_of(*answer, "windows");
  }

  [[nodiscard]] std::optional<Json> window(std::uint64_t granularity_s,
                                           std::int64_t begin_s) override {
    return link_.ask(false, fmt::format("/api/v1/windows/{}/{}", granularity_s, begin_s));
  }

  [[nodiscard]] std::string describe() override {
    const auto status = link_.ask(false, "/api/v1/status");
    return status ? nothing_text(*status) : std::string();
  }

  [[nodiscard]] ExitCode fault_code() const override { return ExitCode::kMachine; }

 private:
  ControlLink link_;
};

}  // namespace

std::unique_ptr<WindowSource> open_history_windows(const std::string& path) {
  std::string fault;
  auto history = History::open(path, fault);
  if (history != nullptr) return std::make_unique<HistoryWindows>(path, std::move(history));
  config::Diagnostics diagnostics;
  diagnostics.error({.file = path}, "cannot be read: " + fault, kHistoryHint);
  fmt::print(stderr, "{}", diagnostics.render());
  return nullptr;
}

std::unique_ptr<WindowSource> open_live_windows(ControlLink link) {
  return std::make_unique<LiveWindows>(std::move(link));
}

}  // namespace mimir::tools

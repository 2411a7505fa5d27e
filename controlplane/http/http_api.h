// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "controlplane/history/history_reader.h"
#include "controlplane/http/http_server.h"
#include "controlplane/http/past_query.h"
#include "controlplane/status/status_board.h"
#include "controlplane/web/web_assets.h"

namespace mimir::controlplane {

/// Answers what people and their tools ask of a running appliance:
///
///   /                             the dashboard
///   /metrics                      Prometheus text
///   /healthz                      200 while the process lives
///   /readyz                       200 if windows are being judged, else 503 and why not
///   /api/v1/status                ports, ledgers, windows, alerts in sum
///   /api/v1/windows               the last ones, oldest first, without their edges;
///                                 ?granularity=10&from=1767225600&to=1767229200&limit=360:
///                                 the last 360 of those that began in [from, to)
///   /api/v1/windows/10/1767225600 the window of 10 s that began then, with edges and contributions
///   /api/v1/alerts                the last ones, oldest first; ?limit=100, ?from= and ?to=
///
/// A list has no more of them than PastQuery::kBytesMax of text, and then says `"cut":true`.
/// What memory has forgotten comes from the history, if there is one: of a window its
/// kHistoryEdgeMax edges. What no parameter may be is refused, with 400.
///
/// Threads: as the board; `now_ns` is asked in the server's thread and says the wall clock.
class HttpApi {
 public:
  HttpApi(const StatusBoard& board, std::span<const WebAsset> assets,
          std::function<TimeNs()> now_ns)
      : board_(board), assets_(assets), now_ns_(std::move(now_ns)) {}

  /// Where older windows and alerts are. REQUIRES: nobody is answered yet.
  void look_back(std::unique_ptr<HistoryReader> past) { past_ = std::move(past); }

  [[nodiscard]] HttpResponse answer(const HttpRequest& request) const;

 private:
  using Content = StatusBoard::Content;

  [[nodiscard]] HttpResponse answer_api(const HttpRequest& request, const Content& content) const;
  [[nodiscard]] HttpResponse windows(const PastQuery& query) const;
  [[nodiscard]] HttpResponse window(std::string_view name) const;
  [[nodiscard]] HttpResponse alerts(const PastQuery& query) const;
  [[nodiscard]] HttpResponse metrics(const Content& content) const;
  [[nodiscard]] HttpResponse readiness(const Content& content) const;

  const StatusBoard& board_;
  std::span<const WebAsset> assets_;
  std::function<TimeNs()> now_ns_;
  std::unique_ptr<HistoryReader> past_;  ///< null: memory is all there is
};

}  // namespace mimir::controlplane

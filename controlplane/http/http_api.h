// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "controlplane/http/http_server.h"
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
///                                 ?granularity=10&limit=360
///   /api/v1/windows/10/1767225600 the window of 10 s that began then, with edges and contributions
///   /api/v1/alerts                the last ones, oldest first; ?limit=100
///
/// Threads: as the board; `now_ns` is asked in the server's thread and says the wall clock.
class HttpApi {
 public:
  HttpApi(const StatusBoard& board, std::span<const WebAsset> assets,
          std::function<TimeNs()> now_ns)
      : board_(board), assets_(assets), now_ns_(std::move(now_ns)) {}

  [[nodiscard]] HttpResponse answer(const HttpRequest& request) const;

 private:
  using Content = StatusBoard::Content;

  [[nodiscard]] HttpResponse answer_api(const HttpRequest& request, const Content& content) const;
  [[nodiscard]] HttpResponse metrics(const Content& content) const;
  [[nodiscard]] HttpResponse readiness(const Content& content) const;

  const StatusBoard& board_;
  std::span<const WebAsset> assets_;
  std::function<TimeNs()> now_ns_;
};

}  // namespace mimir::controlplane

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string_view>
#include <utility>

#include "controlplane/control/evidence_desk.h"
#include "controlplane/control/reload_desk.h"
#include "controlplane/http/http_api.h"
#include "controlplane/http/http_server.h"

namespace mimir::controlplane {

/// What `mimir ctl` asks for at the Unix socket: all that HttpApi tells, and
///
///   GET  /api/v1/reload   how far the last reload has come
///   POST /api/v1/reload   another one; 202 with its number, 409 while one is under way
///   GET  /api/v1/evidence how far the last request for packets has come
///   GET  /api/v1/evidence/pcap   its packets, as a capture file
///   POST /api/v1/evidence another one, see read_evidence_request(); 202 with its number, 409
///                         while one is under way
///   POST /api/v1/drain    an orderly end: 202, then what was received is judged and it ends
///
/// Threads: as HttpApi; `stop` is called in the server's thread.
class ControlApi {
 public:
  ControlApi(const HttpApi& api, ReloadDesk& desk, EvidenceDesk& evidence,
             std::function<void()> stop)
      : api_(api), desk_(desk), evidence_(evidence), stop_(std::move(stop)) {}

  [[nodiscard]] HttpResponse answer(const HttpRequest& request) const;

 private:
  [[nodiscard]] HttpResponse post(const HttpRequest& request) const;
  [[nodiscard]] HttpResponse ask_for_evidence(std::string_view body) const;

  const HttpApi& api_;
  ReloadDesk& desk_;
  EvidenceDesk& evidence_;
  std::function<void()> stop_;
};

}  // namespace mimir::controlplane

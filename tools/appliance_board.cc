// SPDX-License-Identifier: Apache-2.0
#include "tools/appliance_board.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "tools/text_file.h"
#include "tools/version.h"

namespace mimir::tools {

namespace {

TimeNs wall_clock_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

ApplianceBoard::ApplianceBoard(const Appliance& appliance, bool is_replay)
    : api_(board_, controlplane::web_assets(), wall_clock_ns) {
  status_.identity = {.version = std::string(kVersionText),
                      .model_name = appliance.model.context.name,
                      .model_digest = appliance.model_digest,
                      .observation = appliance.model.context.observation,
                      .sensitive_service = appliance.model.context.sensitive_service,
                      .started_ns = wall_clock_ns(),
                      .is_replay = is_replay};
  status_.entities_read_ns = status_.identity.started_ns;
  const graph::Cluster& cluster = *appliance.context->cluster;
  for (graph::ClassId id = 0; id < cluster.class_count(); ++id) {
    status_.services += static_cast<std::uint64_t>(cluster.is_application(id));
  }
  for (const learn::GranularityModel& model : appliance.model.granularities) {
    status_.windows.push_back({.granularity_s = model.granularity_s});
  }
  board_.publish(status_);
}

std::unique_ptr<ApplianceBoard> ApplianceBoard::open(const Appliance& appliance, bool is_replay,
                                                     config::Diagnostics& diagnostics) {
  std::unique_ptr<ApplianceBoard> board(new ApplianceBoard(appliance, is_replay));
  const controlplane::HttpConfig& config = appliance.config.http;
  if (!config.listen.empty() && !board->open_server(config, diagnostics)) return nullptr;
  return board;
}

bool ApplianceBoard::open_server(const controlplane::HttpConfig& config,
                                 config::Diagnostics& diagnostics) {
  const auto listen = controlplane::parse_listen_address(config.listen);
  controlplane::HttpOptions options{.address = listen->address,
                                    .port = listen->port,
                                    .token = {},
                                    .certificate_path = config.tls_certificate,
                                    .key_path = config.tls_key};
  if (!config.token_file.empty()) {
    const std::optional<std::string> token = read_text_file(config.token_file, diagnostics);
    if (!token) return false;
    options.token = token->substr(0, token->find_last_not_of(" \r\n\t") + 1);
    if (options.token.empty()) {
      diagnostics.error({.file = config.token_file}, "the token is empty",
                        "openssl rand -hex 32 makes one");
      return false;
    }
  }
  std::string fault;
  server_ = controlplane::HttpServer::open(
      options, [this](const controlplane::HttpRequest& request) { return api_.answer(request); },
      fault);
  if (server_ == nullptr) {
    diagnostics.error({.file = "http.listen"}, fault, "is another appliance listening there?");
    return false;
  }
  const bool is_ipv6 = options.address.find(':') != std::string::npos;
  address_ = fmt::format("{}://{}:{}", options.certificate_path.empty() ? "http" : "https",
                         is_ipv6 ? "[" + options.address + "]" : options.address, server_->port());
  return true;
}

void ApplianceBoard::serve() {
  status_.is_listening = true;
  board_.publish(status_);
  if (server_ != nullptr) server_->serve();
}

std::string ApplianceBoard::address() const { return address_; }

controlplane::WindowTotals& ApplianceBoard::totals_of(std::uint32_t granularity_s) {
  const auto found =
      std::find_if(status_.windows.begin(), status_.windows.end(),
                   [&](const auto& totals) { return totals.granularity_s == granularity_s; });
  if (found != status_.windows.end()) return *found;
  status_.windows.push_back({.granularity_s = granularity_s});
  return status_.windows.back();
}

void ApplianceBoard::add_window(const analysis::Verdict& verdict,
                                const controlplane::AlertBuilder& builder,
                                const std::vector<std::string>& path) {
  controlplane::WindowTotals& totals = totals_of(verdict.window.granularity_s());
  ++(verdict.window.is_partial ? totals.partial : totals.complete);
  totals.without_data += static_cast<std::uint64_t>(verdict.score.no_data);
  totals.alerts += static_cast<std::uint64_t>(verdict.score.alert());
  if (server_ != nullptr) {
    board_.add_window(controlplane::view_of(verdict, builder.weigh(verdict), path));
  }
}

void ApplianceBoard::add_alert(const config::Json& alert) {
  if (server_ != nullptr) board_.add_alert(alert);
}

void ApplianceBoard::publish(const LiveStatus& live, const AlertDesk& desk) {
  status_.ports = live.ports;
  status_.workers = live.workers;
  status_.packets = live.packets;
  status_.records = live.records;
  status_.facts = live.facts;
  status_.lost_at_ports = live.lost_at_ports;
  desk.fill(status_);
  board_.publish(status_);
}

void ApplianceBoard::end() {
  status_.is_listening = false;
  board_.publish(status_);
}

}  // namespace mimir::tools

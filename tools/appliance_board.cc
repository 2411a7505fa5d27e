// SPDX-License-Identifier: Apache-2.0
#include "tools/appliance_board.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "controlplane/status/entity_status.h"
#include "controlplane/stop_signal.h"
#include "tools/text_file.h"
#include "tools/version.h"
#include "tools/wall_clock.h"

namespace mimir::tools {

namespace {

/// What is watched says at least once a minute that it is as it was; a file need not.
constexpr TimeNs kWatchAgeMaxNs = 15 * 60 * kNsPerSecond;

TimeNs age_max_of(const controlplane::ApplianceConfig& config) {
  if (config.model.entity_age_max_ns > 0) return config.model.entity_age_max_ns;
  return config.kubernetes.api.empty() ? 0 : kWatchAgeMaxNs;
}

// Whoever asks may be in another folder.
std::string absolute(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::absolute(path, ignored).string();
}

}  // namespace

ApplianceBoard::ApplianceBoard(const Appliance& appliance, bool is_replay)
    : cluster_(appliance.cluster.get()),
      api_(board_, controlplane::web_assets(), wall_clock_ns),
      control_(api_, desk_, evidence_, controlplane::request_stop) {
  status_.identity = {.version = std::string(kVersionText),
                      .model_name = appliance.model.context.name,
                      .model_digest = appliance.model_digest,
                      .model_file = absolute(appliance.config.model.file),
                      .observation = appliance.model.context.observation,
                      .sensitive_service = appliance.model.context.sensitive_service,
                      .started_ns = wall_clock_ns(),
                      .is_replay = is_replay,
                      .drops_duplicates = appliance.config.dataplane.duplicate_distance_ns > 0};
  status_.published_ns = status_.identity.started_ns;
  status_.entities.source = cluster_ != nullptr ? cluster_->source_name() : "file";
  status_.entities.last_update_ns = status_.identity.started_ns;
  if (cluster_ != nullptr) status_.entities.age_max_ns = age_max_of(appliance.config);
  look_at_cluster();
  move_to(*appliance.context);
  for (const learn::GranularityModel& model : appliance.model.granularities) {
    status_.windows.push_back({.granularity_s = model.granularity_s});
  }
  board_.publish(status_);
}

std::unique_ptr<ApplianceBoard> ApplianceBoard::open(const Appliance& appliance, bool is_replay,
                                                     config::Diagnostics& diagnostics) {
  std::unique_ptr<ApplianceBoard> board(new ApplianceBoard(appliance, is_replay));
  const controlplane::HttpConfig& config = appliance.config.http;
  const std::string& socket_path = appliance.config.control.socket;
  if (!config.listen.empty() && !board->open_server(config, diagnostics)) return nullptr;
  if (!socket_path.empty() && !board->open_control(socket_path, diagnostics)) return nullptr;
  return board;
}

bool ApplianceBoard::open_server(const controlplane::HttpConfig& config,
                                 config::Diagnostics& diagnostics) {
  const auto listen = controlplane::parse_listen_address(config.listen);
  controlplane::HttpOptions options{.address = listen->address,
                                    .port = listen->port,
                                    .token = {},
                                    .public_paths = {"/"},
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
  for (const controlplane::WebAsset& asset : controlplane::web_assets()) {
    options.public_paths.push_back('/' + std::string(asset.name));
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

bool ApplianceBoard::open_control(const std::string& socket_path,
                                  config::Diagnostics& diagnostics) {
  controlplane::HttpOptions options;
  options.socket_path = socket_path;
  std::string fault;
  control_server_ = controlplane::HttpServer::open(
      options,
      [this](const controlplane::HttpRequest& request) { return control_.answer(request); }, fault);
  if (control_server_ != nullptr) return true;
  diagnostics.error({.file = "control.socket"}, fault,
                    "does the folder exist, and does another appliance run?");
  return false;
}

bool ApplianceBoard::look_back(const std::string& history_path, config::Diagnostics& diagnostics) {
  std::string fault;
  auto reader = controlplane::HistoryReader::open(history_path, fault);
  if (reader == nullptr) {
    diagnostics.error({.file = history_path}, "the history cannot be read: " + fault,
                      "output.history names an SQLite file of this version of mimir");
    return false;
  }
  api_.look_back(std::move(reader));
  board_.remember(controlplane::StatusBoard::kBesideHistory);
  return true;
}

void ApplianceBoard::serve() {
  status_.is_listening = true;
  board_.publish(status_);
  if (server_ != nullptr) server_->serve();
  if (control_server_ != nullptr) control_server_->serve();
}

void ApplianceBoard::set_model(const learn::Model& model, const std::string& digest,
                               const std::string& file) {
  const std::string path = absolute(file);
  if (digest == status_.identity.model_digest && path == status_.identity.model_file) return;
  status_.identity.model_file = path;
  status_.identity.model_name = model.context.name;
  status_.identity.model_digest = digest;
  status_.identity.sensitive_service = model.context.sensitive_service;
  for (const learn::GranularityModel& granularity : model.granularities) {
    (void)totals_of(granularity.granularity_s);
  }
  board_.publish(status_);
}

void ApplianceBoard::set_candidate(const Candidate* candidate) {
  const std::string before = status_.shadow.model_digest;
  if (candidate == nullptr) {
    status_.shadow = {};
  } else {
    status_.shadow.compare(candidate->loaded.model.context.name, candidate->loaded.digest,
                           status_.identity.model_digest);
  }
  if (before != status_.shadow.model_digest) board_.publish(status_);
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
  totals.last_end_ns = verdict.window.end_ns;
  if (is_served()) {
    board_.add_window(controlplane::view_of(verdict, builder.weigh(verdict), path));
  }
}

void ApplianceBoard::move_to(const ClusterContext& context) {
  const graph::Cluster& cluster = *context.cluster;
  status_.services = 0;
  for (graph::ClassId id = 0; id < cluster.class_count(); ++id) {
    status_.services += static_cast<std::uint64_t>(cluster.is_application(id));
  }
  status_.entities.pods = context.present.pods;
  status_.entities.services = context.present.services;
  status_.entities.nodes = context.present.nodes;
}

void ApplianceBoard::look_at_cluster() {
  if (cluster_ == nullptr) return;
  status_.entities.last_update_ns = cluster_->last_update_ns();
  status_.entities.faults = cluster_->fault_count();
}

void ApplianceBoard::state_age(config::Json& alert) const {
  if (cluster_ == nullptr) return;
  controlplane::EntityStatus entities = status_.entities;
  entities.last_update_ns = cluster_->last_update_ns();
  controlplane::state_entity_age(entities, wall_clock_ns(), alert);
}

void ApplianceBoard::add_alert(const controlplane::IncidentRecord& record) {
  if (is_served())
    board_.add_alert({.time_ns = record.time_ns, .line = config::to_text(record.line)});
}

void ApplianceBoard::publish(const LiveStatus& live, const AlertDesk& desk) {
  look_at_cluster();
  status_.published_ns = wall_clock_ns();
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

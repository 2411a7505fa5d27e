// SPDX-License-Identifier: Apache-2.0
#include "tools/control_link.h"

#include <chrono>
#include <thread>

#include <fmt/format.h>

#include "config/diagnostic.h"
#include "config/json_member.h"
#include "controlplane/appliance_config.h"
#include "tools/text_file.h"

namespace mimir::tools {

namespace {

using config::Json;

constexpr const char* kUsualSocket = "/run/mimir/control.sock";
constexpr const char* kReload = "/api/v1/reload";
constexpr std::chrono::milliseconds kPollRest{200};

}  // namespace

void rest_before_asking_again() { std::this_thread::sleep_for(kPollRest); }

std::optional<ControlLink> ControlLink::open(const std::string& config_path,
                                             const std::string& socket) {
  if (!socket.empty()) return ControlLink(socket);
  if (config_path.empty()) return ControlLink(kUsualSocket);
  config::Diagnostics diagnostics;
  const auto text = read_text_file(config_path, diagnostics);
  const auto config =
      text ? controlplane::read_appliance_config(*text, config_path, diagnostics) : std::nullopt;
  if (config && config->control.socket.empty()) {
    diagnostics.error({.file = config_path}, "control.socket is empty: nobody can steer it",
                      "write control: {socket: /run/mimir/control.sock} and start it again");
  }
  fmt::print(stderr, "{}", diagnostics.render());
  if (!config || diagnostics.has_errors()) return std::nullopt;
  return ControlLink(config->control.socket);
}

std::optional<controlplane::LocalAnswer> ControlLink::fetch(bool is_post, const std::string& target,
                                                            const std::string& body) const {
  std::string fault;
  auto answer = controlplane::ask_local(socket_, is_post, target, body, fault);
  if (answer) return answer;
  fmt::print(stderr,
             "mimir: error: {}\n  hint: does an appliance run with control.socket there, and "
             "may this user connect?\n",
             fault);
  return std::nullopt;
}

std::optional<Json> ControlLink::ask(bool is_post, const std::string& target,
                                     const std::string& body) const {
  const auto answer = fetch(is_post, target, body);
  if (!answer) return std::nullopt;
  config::Diagnostics diagnostics;
  std::optional<Json> json = config::parse_json(answer->body, socket_, diagnostics);
  if (json && answer->status < 300) return json;
  const std::string error = json ? text_of(*json, "error") : std::string();
  fmt::print(stderr, "mimir: error: {}\n", error.empty() ? answer->body : error);
  return std::nullopt;
}

ExitCode ControlLink::reload(std::string& text) const {
  std::optional<Json> state = ask(true, kReload);
  while (state) {
    const std::string& phase = text_of(*state, "phase");
    text = text_of(*state, "text");
    if (phase == "refused") return ExitCode::kUsage;
    if (phase == "in_force") return ExitCode::kOk;
    rest_before_asking_again();
    state = ask(false, kReload);
  }
  return ExitCode::kMachine;
}

bool ControlLink::has_ended() const {
  std::string fault;
  return !controlplane::ask_local(socket_, false, "/healthz", {}, fault);
}

}  // namespace mimir::tools

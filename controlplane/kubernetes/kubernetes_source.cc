// SPDX-License-Identifier: Apache-2.0
#include "controlplane/kubernetes/kubernetes_source.h"

#include <algorithm>
#include <fstream>
#include <utility>

#include <fmt/format.h>

namespace mimir::controlplane {

namespace {

using entity::ObjectKind;

/// Longer than any token, shorter than a file given by mistake.
constexpr std::size_t kTokenBytesMax = 65536;

}  // namespace

KubernetesSource::KubernetesSource(const KubernetesConfig& config, std::function<TimeNs()> clock)
    : token_path_(config.token_file), clock_(std::move(clock)) {
  std::vector<std::string> namespaces = config.namespaces;
  if (namespaces.empty()) namespaces.emplace_back();
  std::sort(namespaces.begin(), namespaces.end());
  namespaces.erase(std::unique(namespaces.begin(), namespaces.end()), namespaces.end());
  const auto watch = [this](ObjectKind kind, const std::string& namespace_name) {
    watches_.push_back(std::make_unique<ResourceWatch>(kind, namespace_name, objects_));
  };
  watch(ObjectKind::kNode, "");
  for (const std::string& namespace_name : namespaces) {
    watch(ObjectKind::kService, namespace_name);
    watch(ObjectKind::kEndpointSlice, namespace_name);
    watch(ObjectKind::kPod, namespace_name);
  }
}

std::unique_ptr<KubernetesSource> KubernetesSource::open(const KubernetesConfig& config,
                                                         std::function<TimeNs()> clock,
                                                         config::Diagnostics& diagnostics) {
  std::unique_ptr<KubernetesSource> source(new KubernetesSource(config, std::move(clock)));
  std::string fault;
  source->client_ = HttpClient::open({.origin = parse_origin(config.api).value_or(HttpOrigin()),
                                      .ca_path = config.ca_file,
                                      .certificate_path = config.client_certificate,
                                      .key_path = config.client_key},
                                     fault);
  if (source->client_ == nullptr) {
    diagnostics.error({.file = "kubernetes"}, fault, "is it PEM, and may this user read it?");
    return nullptr;
  }
  std::string token;
  if (!source->read_token(token)) {
    diagnostics.error({.file = config.token_file}, source->token_fault_,
                      "kubectl create token mimir-reader -n mimir > token");
    return nullptr;
  }
  return source;
}

bool KubernetesSource::read_token(std::string& token) {
  token_fault_.clear();
  if (token_path_.empty()) return true;
  std::ifstream file(token_path_);
  token.resize(kTokenBytesMax);
  file.read(token.data(), static_cast<std::streamsize>(token.size()));
  token.resize(static_cast<std::size_t>(file.gcount()));
  const bool is_read = file.is_open() && token.size() < kTokenBytesMax;
  token.resize(token.find_last_not_of(" \r\n\t") + 1);
  const bool is_sound =
      std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  if (is_read && !token.empty() && is_sound) return true;
  token_fault_ = is_read ? "there is no token in it" : "the token cannot be read";
  ++token_fault_count_;
  return false;
}

void KubernetesSource::wait(std::chrono::milliseconds duration) {
  const TimeNs now_ns = clock_();
  std::string token;
  bool has_token = false;
  for (const auto& watch : watches_) {
    auto request = watch->next(now_ns);
    if (!request) continue;
    if (!has_token && !read_token(token)) {
      watch->on_end(token_fault_);
      continue;
    }
    has_token = true;
    request->token = token;
    client_->get(*request, *watch);
  }
  client_->run_for(duration);
  for (const auto& watch : watches_) {
    if (!watch->take_change()) continue;
    last_change_ns_ = clock_();
    if (first_change_ns_ == 0) first_change_ns_ = last_change_ns_;
  }
}

std::optional<std::vector<entity::Event>> KubernetesSource::take(TimeNs now_ns) {
  if (first_change_ns_ == 0 || !is_known()) return std::nullopt;
  if (now_ns < last_change_ns_ + kQuietNs && now_ns < first_change_ns_ + kDelayMaxNs) {
    return std::nullopt;
  }
  first_change_ns_ = 0;
  return objects_.events(now_ns - kGraceNs);
}

TimeNs KubernetesSource::last_update_ns() const {
  // As old as the one that has been silent longest.
  std::optional<TimeNs> oldest_ns;
  for (const auto& watch : watches_) {
    if (watch->is_forbidden()) continue;
    oldest_ns = std::min(oldest_ns.value_or(watch->last_heard_ns()), watch->last_heard_ns());
  }
  return oldest_ns.value_or(0);
}

std::string KubernetesSource::fault() const {
  for (const auto& watch : watches_) {
    if (!watch->fault().empty()) return fmt::format("{}: {}", watch->name(), watch->fault());
  }
  return {};
}

std::uint64_t KubernetesSource::fault_count() const {
  std::uint64_t count = token_fault_count_;
  for (const auto& watch : watches_) count += watch->fault_count();
  return count;
}

bool KubernetesSource::is_known() const {
  return std::all_of(watches_.begin(), watches_.end(),
                     [](const auto& watch) { return watch->is_known(); }) &&
         objects_.count(ObjectKind::kPod) + objects_.count(ObjectKind::kService) > 0;
}

}  // namespace mimir::controlplane

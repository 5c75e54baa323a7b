#include "cli/shell_settings.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "starling/client.h"
#include "starling/options.h"
#include "starling/result.h"
#include "starling/status.h"

#include "cli/arguments.h"
#include "cli/command.h"

namespace starling::cli {
namespace {

struct Setting {
  std::string_view name;
  std::string& (*of)(ShellCommand& shell);
  std::string_view unset;  // what is shown where it is empty
};

constexpr std::array<Setting, 9> kSettings{{
    {"endpoint", [](ShellCommand& shell) -> std::string& { return shell.defaults.endpoints; }, ""},
    {"bucket", [](ShellCommand& shell) -> std::string& { return shell.bucket; },
     "(each command names its own)"},
    {"timeout", [](ShellCommand& shell) -> std::string& { return shell.defaults.timeout; }, ""},
    {"output", [](ShellCommand& shell) -> std::string& { return shell.defaults.form; },
     "(table on a terminal, raw off it)"},
    {"r", [](ShellCommand& shell) -> std::string& { return shell.defaults.r; }, ""},
    {"w", [](ShellCommand& shell) -> std::string& { return shell.defaults.w; }, ""},
    {"pr", [](ShellCommand& shell) -> std::string& { return shell.defaults.pr; }, ""},
    {"pw", [](ShellCommand& shell) -> std::string& { return shell.defaults.pw; }, ""},
    {"dw", [](ShellCommand& shell) -> std::string& { return shell.defaults.dw; }, ""},
}};

Result<const Setting*> setting_of(std::string_view name) {
  const auto* const found = std::ranges::find(kSettings, name, &Setting::name);
  if (found != kSettings.end()) return found;
  std::string names;
  for (const Setting& each : kSettings) names += " " + std::string(each.name);
  return Status(StatusCode::Usage, fmt::format("no setting '{}'; there are:{}", name, names));
}

// By a command that takes all of them, so that there is one place that knows what they may be.
Status check(const ShellCommand& shell) {
  if (!shell.bucket.empty()) STARLING_RETURN_IF_ERROR(check_bucket(shell.bucket));
  return parse_arguments({"delete", "bucket", "key"}, shell.defaults).status();
}

std::string first_endpoint(const std::string& endpoints) {
  const std::string::size_type comma = endpoints.find(',');
  if (comma == std::string::npos) return endpoints;
  const auto others = std::count(endpoints.begin(), endpoints.end(), ',');
  return fmt::format("{},+{}", endpoints.substr(0, comma), others);
}

}  // namespace

ShellSettings::ShellSettings(ShellCommand start) : start_(std::move(start)) {
  // Named from here on, so that the environment is read once.
  if (start_.defaults.endpoints.empty()) start_.defaults.endpoints = kEndpointDefault;
  now_ = start_;
}

std::vector<std::string> ShellSettings::names() {
  std::vector<std::string> result;
  result.reserve(kSettings.size());
  for (const Setting& each : kSettings) result.emplace_back(each.name);
  return result;
}

Status ShellSettings::set(std::string_view name, const std::string& value) {
  STARLING_ASSIGN_OR_RETURN(found, const Setting* const setting, setting_of(name));
  if (value.empty()) {
    return {StatusCode::Usage, fmt::format("{0} '': to go back, type unset {0}", name)};
  }
  ShellCommand changed = now_;
  setting->of(changed) = value;
  STARLING_RETURN_IF_ERROR(check(changed));
  now_ = std::move(changed);
  return Status::success();
}

Status ShellSettings::unset(std::string_view name) {
  STARLING_ASSIGN_OR_RETURN(found, const Setting* const setting, setting_of(name));
  setting->of(now_) = setting->of(start_);
  return Status::success();
}

std::string ShellSettings::to_text() const {
  ShellCommand shell = now_;
  std::string result;
  for (const Setting& each : kSettings) {
    const std::string& value = each.of(shell);
    result += fmt::format("{:<8} {}\n", each.name, value.empty() ? each.unset : value);
  }
  return result;
}

std::string ShellSettings::prompt() const {
  const Defaults& levels = now_.defaults;
  std::string result = first_endpoint(levels.endpoints);
  if (!now_.bucket.empty()) result += "/" + now_.bucket;
  result += fmt::format(" r={} w={}", levels.r, levels.w);
  // Those that ask for nothing would only be in the way.
  if (levels.pr != "0") result += " pr=" + levels.pr;
  if (levels.pw != "0") result += " pw=" + levels.pw;
  if (levels.dw != "0") result += " dw=" + levels.dw;
  return result + "> ";
}

}  // namespace starling::cli

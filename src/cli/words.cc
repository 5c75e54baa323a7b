#include "cli/words.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "starling/options.h"
#include "starling/result.h"
#include "starling/status.h"

#include "cli/bench_words.h"
#include "cli/command.h"

namespace starling::cli {
namespace {

Status refuse_word(std::string why) {
  return {StatusCode::Usage, std::move(why)};
}

Result<Level> level_of(std::string_view flag, const std::string& text) {
  Result<Level> level = parse_level(text);
  if (level.ok()) return level;
  return refuse_word("--" + std::string(flag) + ": " + level.status().message());
}

Result<WriteOptions> write_options_of(const Words& words) {
  WriteOptions options;
  STARLING_ASSIGN_OR_RETURN(w, options.w, level_of("w", words.w));
  STARLING_ASSIGN_OR_RETURN(pw, options.pw, level_of("pw", words.pw));
  STARLING_ASSIGN_OR_RETURN(dw, options.dw, level_of("dw", words.dw));
  options.context = words.context;
  options.content_type = words.content_type;
  options.placement = words.sloppy ? Placement::Sloppy : Placement::Strict;
  options.trace = words.trace;
  return options;
}

}  // namespace

Result<Command> put_of(const Words& words) {
  STARLING_ASSIGN_OR_RETURN(parsed, WriteOptions options, write_options_of(words));
  return Command(PutCommand{.address = {.bucket = words.bucket, .key = words.key},
                            .value = words.value,
                            .options = std::move(options)});
}

Result<Command> get_of(const Words& words) {
  ReadOptions options;
  STARLING_ASSIGN_OR_RETURN(r, options.r, level_of("r", words.r));
  STARLING_ASSIGN_OR_RETURN(pr, options.pr, level_of("pr", words.pr));
  options.context = words.context;
  options.trace = words.trace;
  return Command(GetCommand{.address = {.bucket = words.bucket, .key = words.key},
                            .options = std::move(options)});
}

Result<Command> delete_of(const Words& words) {
  DeleteOptions options;
  STARLING_ASSIGN_OR_RETURN(write, options.write, write_options_of(words));
  STARLING_ASSIGN_OR_RETURN(r, options.r, level_of("r", words.r));
  STARLING_ASSIGN_OR_RETURN(pr, options.pr, level_of("pr", words.pr));
  return Command(DeleteCommand{.address = {.bucket = words.bucket, .key = words.key},
                               .options = std::move(options)});
}

Result<Command> keys_of(const Words& words) {
  KeysCommand keys{.bucket = words.bucket,
                   .prefix = words.prefix,
                   .after = words.after,
                   .limit = words.limit,
                   .r = {}};
  STARLING_ASSIGN_OR_RETURN(r, keys.r, level_of("r", words.r));
  STARLING_ASSIGN_OR_RETURN(pr, keys.pr, level_of("pr", words.pr));
  return Command(std::move(keys));
}

Result<Command> import_of(const Words& words) {
  ImportCommand import{.bucket = words.bucket,
                       .file = words.file,
                       .mode = words.blind ? ImportMode::Blind : ImportMode::Overwrite,
                       .r = {},
                       .w = {}};
  STARLING_ASSIGN_OR_RETURN(r, import.r, level_of("r", words.r));
  STARLING_ASSIGN_OR_RETURN(w, import.w, level_of("w", words.w));
  return Command(std::move(import));
}

Result<Command> export_of(const Words& words) {
  ExportCommand out{.bucket = words.bucket, .file = words.file, .prefix = words.prefix, .r = {}};
  STARLING_ASSIGN_OR_RETURN(r, out.r, level_of("r", words.r));
  return Command(std::move(out));
}

Result<Command> bench_of(const Words& words) {
  BenchCommand bench;
  STARLING_ASSIGN_OR_RETURN(understood, bench.options, load_options_of(words.bench));
  STARLING_ASSIGN_OR_RETURN(r, bench.options.r, level_of("r", words.r));
  STARLING_ASSIGN_OR_RETURN(w, bench.options.w, level_of("w", words.w));
  return Command(std::move(bench));
}

Result<Command> repair_of(const Words& words) {
  return Command(ClusterRepairCommand{.partition = words.partition, .dry_run = words.dry_run});
}

Result<Command> ring_of(const Words& words) {
  if (words.ring_key.empty()) return Command(ClusterRingCommand{});
  // A bucket has no slash, a key may have many.
  const std::size_t slash = words.ring_key.find('/');
  if (slash == std::string::npos) {
    return refuse_word("--key '" + words.ring_key + "': give it as BUCKET/KEY");
  }
  return Command(ClusterRingCommand{.address = Address{.bucket = words.ring_key.substr(0, slash),
                                                       .key = words.ring_key.substr(slash + 1)}});
}

Result<Command> shell_of(const Words& words) {
  if (!words.bucket.empty()) STARLING_RETURN_IF_ERROR(check_bucket(words.bucket));
  // A level that is none is refused now, not by the first command.
  STARLING_RETURN_IF_ERROR(delete_of(words).status());
  ShellCommand shell{.defaults = static_cast<const Defaults&>(words),
                     .bucket = words.bucket,
                     .on_failure = words.keep_going ? OnFailure::GoOn : OnFailure::Stop};
  if (words.json) shell.defaults.form = "json";
  return Command(std::move(shell));
}

Result<std::optional<Form>> form_of(const Words& words) {
  if (words.json) return std::optional<Form>(Form::Json);
  if (words.form.empty()) return std::optional<Form>();
  if (words.form == "table") return std::optional<Form>(Form::Table);
  if (words.form == "json") return std::optional<Form>(Form::Json);
  if (words.form == "raw") return std::optional<Form>(Form::Raw);
  return refuse_word("-o '" + words.form + "': the forms are table, json and raw");
}

}  // namespace starling::cli

#include "cli/help.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace starling::cli {
namespace {

constexpr std::array<std::pair<std::string_view, CommandHelp>, 24> kHelp{{
    {"",
     {"",
      "Examples:\n"
      "  starling put carts alice '2 apples'\n"
      "  starling get carts alice\n"
      "  starling cluster status --endpoint 10.0.0.1:7400,10.0.0.2:7400\n"
      "\n"
      "Exit codes: 0 done, 1 failure, 2 usage, 3 not found, 4 several values or a condition that\n"
      "did not hold, 5 nothing was applied and trying again may help, 6 in doubt: a write may or\n"
      "may not have been applied. A value that begins with a dash goes behind --.\n"}},
    {"put",
     {"Writes a value. Without --context it becomes a sibling of what is stored.",
      "Examples:\n"
      "  starling put carts alice '2 apples'\n"
      "  starling put pictures cat @cat.png --content-type image/png\n"
      "  echo hello | starling put notes today -\n"
      "  starling put carts alice '3 apples' --context \"$CONTEXT\"   # replaces what was read\n"}},
    {"get",
     {"Reads a key: every value it holds.",
      "Examples:\n"
      "  starling get carts alice -o raw > cart   # the bytes, nothing added\n"
      "  starling get carts alice --json          # all siblings, and the context to replace them\n"
      "  starling get carts alice --r all\n"
      "  starling get carts alice --trace         # and, on standard error, what happened when\n"}},
    {"delete",
     {"Deletes what --context has seen; without it, reads first and deletes what it read.",
      "Examples:\n"
      "  starling delete carts alice\n"
      "  starling delete carts alice --context \"$CONTEXT\" --w all\n"}},
    {"keys",
     {"Lists the live keys of a bucket, one a line. A full scan of the whole cluster.",
      "Examples:\n"
      "  starling keys carts --prefix a --limit 100\n"
      "  starling keys carts --after alice --json   # one JSON string a line\n"}},
    {"import",
     {"Writes JSON lines: {\"key\":...,\"value\":...}, or \"value_base64\". Replaces what is "
      "there.",
      "Examples:\n"
      "  starling import carts carts.jsonl\n"
      "  starling export carts - | starling import copies - --blind\n"
      "\n"
      "Every line that could not be written is reported with its number, and the exit code is the\n"
      "worst of them.\n"}},
    {"export",
     {"Writes a bucket as JSON lines, one a key.",
      "Examples:\n"
      "  starling export carts carts.jsonl\n"
      "  starling export carts - --prefix a | gzip > a.jsonl.gz\n"
      "\n"
      "A key with several values has no line: it is reported, and the exit code is 4.\n"}},
    {"bench",
     {"Measures the cluster under load: throughput, latency, and the nodes' processor time.",
      "Examples:\n"
      "  starling bench --workload a --clients 64 --duration 30s\n"
      "  starling bench --workload put --rate 5000 --json   # latency at a fixed rate\n"
      "  starling bench --workload get --clients 16 --pipeline 16\n"
      "\n"
      "A put is informed: each client writes a share of the records, with the context of its own\n"
      "last write, so it adds no siblings and reads nothing first; insert writes new keys. At a\n"
      "fixed rate latency counts from the instant at which an operation was to begin. Each client\n"
      "is one connection to one member. The bucket stays; a later run uses its records again.\n"}},
    {"cluster",
     {"Looks at the cluster, and changes its members.", "Example:\n  starling cluster status\n"}},
    {"cluster status",
     {"Members, their states, and how many more may fail.",
      "Examples:\n"
      "  starling cluster status\n"
      "  starling cluster status --json | jq .can_lose\n"}},
    {"cluster ring",
     {"Who owns each partition, or, with --key, one key.",
      "Examples:\n"
      "  starling cluster ring\n"
      "  starling cluster ring --key carts/alice\n"}},
    {"cluster digest",
     {"A digest of what every replica of every partition holds: equal when they agree.",
      "Example:\n  starling cluster digest --json | jq .agree\n"}},
    {"cluster tasks",
     {"What the cluster still does behind its requests: writes on their way to a member that was "
      "away, repairs, slots on their way to other members.",
      "Examples:\n"
      "  starling cluster tasks\n"
      "  starling cluster tasks --wait --timeout 10m   # exit 0: nothing is left; 124: something "
      "is\n"
      "\n"
      "A member that does not answer is named, and waited for: it may have more to do.\n"}},
    {"cluster repair",
     {"Compares all replicas now, instead of when their turn comes, and makes them equal.",
      "Examples:\n"
      "  starling cluster repair\n"
      "  starling cluster repair --dry-run --json | jq .differed\n"
      "\n"
      "Exit 0: all was compared; 1: some replicas could not be. It takes a few seconds where keys\n"
      "differ, for what is only on its way is no difference, and goes on in the cluster when the\n"
      "command is ended. --timeout is how long to wait without hearing of it.\n"}},
    {"cluster join",
     {"Stages that a node which waits to be joined becomes a member.",
      "Examples:\n"
      "  starlingd --name node3 --initial-cluster none --listen 10.0.0.4:7400 ...   # waits\n"
      "  starling cluster join 10.0.0.4:7400 --zone east\n"
      "  starling cluster commit && starling cluster tasks --wait\n"
      "\n"
      "The node needs an empty data directory, a name that no member has, and the cluster's name,\n"
      "secret and number of partitions. Nothing moves before it is committed.\n"}},
    {"cluster replace",
     {"Stages that a node which waits to be joined takes over the slots of a member.",
      "Example:\n"
      "  starling cluster replace node1 10.0.0.4:7400\n"
      "\n"
      "The old member has to be up until it is done: it gives its slots away, and goes. One that "
      "is\n"
      "dead is removed, and another one joined.\n"}},
    {"cluster leave",
     {"Stages that a member gives its slots to the others, and then is no member any more.",
      "Examples:\n"
      "  starling cluster leave node3\n"
      "  starling cluster plan && starling cluster commit && starling cluster tasks --wait\n"
      "\n"
      "Nothing moves before it is committed. The member has to be up until it is done; it serves\n"
      "until then, and says in its log when it may be ended.\n"}},
    {"cluster remove",
     {"Stages that a member which does not come back is given up: its slots are filled from "
      "others.",
      "Examples:\n"
      "  starling cluster remove node3\n"
      "  starling cluster commit\n"
      "\n"
      "What only that member has is lost. One that is up should leave instead.\n"}},
    {"cluster plan",
     {"What is staged and what it would do: what moves, the balance before and after, warnings.",
      "Examples:\n"
      "  starling cluster plan\n"
      "  starling cluster plan --json | jq '.plan, .moves, .warnings'\n"}},
    {"cluster commit",
     {"Begins what is staged: the plan that was shown, or none.",
      "Examples:\n"
      "  starling cluster commit                        # shows the plan and asks\n"
      "  starling cluster commit 0c3d5f7a9b1e2468       # that plan, or exit 4\n"
      "  starling cluster commit --yes                  # whatever is staged now\n"
      "\n"
      "It goes on by itself, whichever nodes fail meanwhile, and can not be taken back. Exit 4:\n"
      "nothing is staged, or it is another plan by now. Exit 6: it may be committed; see cluster\n"
      "plan and cluster status.\n"}},
    {"cluster abort",
     {"Takes back all that is staged. What is committed goes on.",
      "Example:\n  starling cluster abort\n"}},
    {"node", {"Looks at one node.", "Example:\n  starling node info\n"}},
    {"node info",
     {"What the node at the endpoint says of itself.",
      "Example:\n  starling node info --endpoint 127.0.0.1:7401\n"}},
    {"shell",
     {"The same commands, one a line: at a terminal with history and completion, or from a script.",
      "Examples:\n"
      "  starling shell --bucket carts\n"
      "  starling shell --w all < changes.txt\n"
      "\n"
      "Words are quoted as in sh; # begins a comment. `help` lists what can be typed, `set` what\n"
      "holds for the commands to come. At a terminal ctrl-c drops the line (and ends a listing,\n"
      "import or export; a single request ends by its --timeout), ctrl-r searches the history,\n"
      "ctrl-d leaves. Lines that begin with a blank are not kept.\n"
      "A script on standard input ends with its first failure and that one's exit code.\n"}},
}};

}  // namespace

CommandHelp help_of(std::string_view command) {
  const auto found =
      std::ranges::find(kHelp, command, &std::pair<std::string_view, CommandHelp>::first);
  return found == kHelp.end() ? CommandHelp{} : found->second;
}

}  // namespace starling::cli

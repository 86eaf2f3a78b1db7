#!/usr/bin/env bash
# A worker for presque: worker.sh URL QUEUE. Its work is to add up the numbers of {"numbers":[…]}.
url=${1:?worker.sh URL QUEUE} queue=${2:?worker.sh URL QUEUE}

work() { # from the job to the result, both JSON, or to an error on stderr; calls `extend 0.5`, say, when it takes long
  [[ $(tr -d '[:space:]') =~ ^\{\"numbers\":\[([-+.0-9eE,]*)\]\}$ ]] || { echo 'numbers are missing' >&2; return 1; }
  awk -v RS=, '{ sum += $1 } END { printf "%.15g\n", sum }' <<<"${BASH_REMATCH[1]}"
}

settle() { # done, fail or extend, and the body: until the server answers, or this worker is to stop
  local link=$(sed -n 's/.*<\([^>]*\)>; rel="'"$1"'".*/\1/p' "$dir/head")
  until answer=$(curl -sS -m 30 -w ' %{http_code}' --data-binary "$2" "$link") && [[ $answer == *\ [24]?? ]]; do
    [[ $stop ]] && exit 0
    sleep 1
  done
  echo "${link%\?*} $answer" >&3
}
extend() { settle extend "{\"progress\":$1}"; }

dir=$(mktemp -d) && exec 3>&1 || exit 1
trap 'kill $poll 2>/dev/null; rm -rf "$dir"' EXIT
trap 'stop=1; sleep 1; kill $poll 2>/dev/null' TERM # what is on its way still arrives
until [[ $stop ]]; do
  curl -sS -m 30 -D "$dir/head" -o "$dir/job" -w '%{http_code}' \
    "$url/q/$queue?lease=60s&wait=20s&worker_id=worker.sh-$$" >"$dir/code" & poll=$!
  wait $poll || wait $poll 2>/dev/null # a signal ends the first one
  poll=''
  case $(<"$dir/code") in
    200)
      if work <"$dir/job" >"$dir/result" 2>"$dir/error"; then settle done "@$dir/result"; else
        error=$(tail -c 1000 "$dir/error" | LC_ALL=C tr -c ' -~' ' ' | sed 's/["\\]/\\&/g; s/ *$//')
        settle fail "{\"error\":\"$error\"}"
      fi
      [[ $answer == *\ 400 ]] && settle fail "${answer% *}" ;; # the result is not JSON
    4*) grep -q 'no job\|queue is closed' "$dir/job" || { cat "$dir/job" >&2; exit 1; } ;;
    *) [[ $stop ]] || sleep 1 ;;
  esac
done
exit 0

#!/usr/bin/env bash
# A worker for presque: worker.sh URL QUEUE. Its work is to add up the numbers of {"numbers":[…]}.

work() { # from the job on stdin to the result on stdout, both JSON; any exit status but 0 fails the job
  [[ $(tr -d '[:space:]') =~ ^\{\"numbers\":\[([-+.0-9eE,]*)\]\}$ ]] || return
  awk -v RS=, '{ sum += $1 } END { printf "%.15g", sum; exit sum ~ /inf|nan/ }' <<<"${BASH_REMATCH[1]}"
}

trap 'stop=yes' TERM
until [[ $stop ]]; do
  answer=$(curl -sSi -m 30 "$1/q/$2?lease=60s&wait=8s")
  [[ $answer =~ ^HTTP/[0-9.]+\ 200 ]] || { sleep 1; continue; }
  if said=$(work <<<"${answer#*$'\r\n\r\n'}"); then
    act=done
  else
    act=fail said="{\"error\":\"work ended with exit status $?\"}"
  fi
  link=$(sed -n "s/^[Ll]ink:.*<\([^>]*\)>; rel=\"$act\".*/\1/p" <<<"$answer")
  until [[ $(curl -sS -m 30 -o /dev/null -w '%{http_code}' -d @- "$link" <<<"$said") == [24]* ]]; do
    sleep 1
  done
done

# SPDX-License-Identifier: GPL-2.0-only
# Expects: an interactive shell on the terminal: raw mode while it runs and the
# old settings afterwards however it ends, window size and its changes, Ctrl-C and
# Ctrl-Z to the guest, job control, the escape Ctrl-A x.
pty() # NAME [LOL ARGUMENT...]: script on stdin
{
	local name=$1
	shift
	[ $# -gt 0 ] || set -- run
	cat > script
	if timeout 120 "$BUILD/tests/lib/pty" script "$LOL" "$@" > transcript 2> err; then
		pass "$name"
	else
		fail "$name" "$(cat err)"
	fi
}
pty "shell, exit" <<'END'
expect # 
raw
send echo $((6*7))-answer\n
expect 42-answer
send tty\n
expect /dev/hvc0
send exit\n
status 0
restored
END
pty "window size and its change" <<'END'
expect # 
send stty size\n
expect 24 80
size 40 133
sleep 500
send stty size\n
expect 40 133
send trap 'echo WIN''CH' WINCH\n
size 50 90
expect WINCH
send exit\n
status 0
END
pty "Ctrl-C goes to the guest" <<'END'
expect # 
send sleep 100; echo status-$?\n
sleep 700
send \x03
expect # 
send echo still-here\n
expect still-here
expect # 
send \x04
status 0
restored
END
pty "job control" <<'END'
expect # 
send sleep 1000\n
sleep 700
send \x1a
expect Stopped
send jobs\n
expect sleep 1000
send bg\n
expect # 
send kill %1; sleep 0.2; jobs; echo end-of-jobs\n
expect Terminated
expect # 
send (sleep 0.3; exit 9) & wait $!; echo bg-$?\n
expect bg-9
send exit\n
status 0
END
pty "Ctrl-A x quits" <<'END'
expect # 
send sleep 1000\n
sleep 300
send \x01x
timeout 5
status 0
restored
END
pty "Ctrl-A a sends Ctrl-A" <<'END'
expect # 
send cat -v\n
sleep 300
send \x01a\n
expect ^A
send \x03
expect # 
send exit\n
status 0
END
pty "a command on the terminal" run --quiet -- sh -c 'test -t 0 && echo is-a-tty; stty size; read x; echo "got $x"; exit 5' <<'END'
expect is-a-tty
expect 24 80
send line\n
expect got line
status 5
restored
END
unlike "$(cat transcript)" 'Linux version|console' "nothing of the kernel's with --quiet"
pty "settings are restored after SIGTERM" <<'END'
expect # 
raw
kill 15
status 143
restored
END
pty "settings are restored after a panic" <<'END'
expect # 
raw
send echo c > /proc/sysrq-trigger\n
status 120
restored
END
pty "an editor" <<'END'
expect # 
send vi /tmp/file\n
sleep 800
send ihello from vi
expect hello from vi
send \x1b
sleep 500
send :wq\n
sleep 300
expect # 
send cat /tmp/file\n
expect hello from vi
send exit\n
status 0
END
pty "much output" <<'END'
expect # 
timeout 60
send seq 1 20000; echo fin-$?\n
expect 19999
expect fin-0
send exit\n
status 0
END
(sleep 0.3; echo 'echo piped $((1+1)); exit') | timeout 60 "$LOL" run > out 2> err
like "$(cat out)" 'piped 2' "no terminal: the shell reads what is piped in"
nothing_left "nothing is left"

#!/bin/bash
# The first process of a guest: mounts what a login session has, runs the notebooks that /job/parts
# names as an ordinary user, and writes what they said to the third disk, as a tar.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev 2>/dev/null
mkdir -p /dev/pts /dev/shm
mount -t devpts -o gid=5,mode=620 devpts /dev/pts
for place in /dev/shm /tmp /run; do mount -t tmpfs tmpfs $place; done
chmod 1777 /tmp /dev/shm
mount -o remount,rw /
[ -e /dev/ptmx ] || ln -s pts/ptmx /dev/ptmx
ln -sfn /proc/self/fd /dev/fd
hostname guest
ip link set lo up
modprobe -a ipv6 veth 2>/dev/null
ulimit -n 1048576
ulimit -S -n 1024

mkdir -p /out /job
tar -C /job -xf /dev/ubdb
. /job/settings
uname -r >/out/release
chown -R reader /job /out
for part in $PARTS; do
    su reader -c "cd /job/project && PYTHONPATH=/job/project:/opt/packages PYTHONHASHSEED=0 \
        PYTHONDONTWRITEBYTECODE=1 TCP_LAB_PATIENCE=$PATIENCE timeout $LIMIT python3 -m pytest -q \
        -p tests.limits -p tests.notebooks.plugin --nbval --nbval-current-env \
        --nbval-sanitize-with=tests/notebooks/sanitize.cfg -rf notebooks/$part" \
        </dev/null >"/out/$part.txt" 2>&1
    echo $? >"/out/$part.code"
    echo "$part: $(tail -n 1 "/out/$part.txt")" >/dev/console
done
dmesg >/out/dmesg.txt
sync
tar -C /out -cf /dev/ubdc .
sync
echo o >/proc/sysrq-trigger
sleep 60

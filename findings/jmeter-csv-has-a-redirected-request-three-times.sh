#!/usr/bin/env bash
# JMeter 5.6.3, default CSV (`-n -l FILE`): a request that is redirected once has three lines of one thread, the sample and its
# two parts (`buy`, `buy-0`, `buy-1`), and nothing but name and time says so; the console's summary counts it once. Whoever
# counts lines has three times the requests and halves their latency. In the XML form the parts lie inside the sample. Seen
# with Maven's artifacts of 5.6.3, Java 17, November 2026. This project's import counts each sample once, from either form, and
# says how many parts it left out.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
cat > "$work/pom.xml" <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>x</groupId><artifactId>x</artifactId><version>1</version><dependencies>
<dependency><groupId>org.apache.jmeter</groupId><artifactId>ApacheJMeter_http</artifactId><version>5.6.3</version></dependency>
<dependency><groupId>org.apache.jmeter</groupId><artifactId>ApacheJMeter_config</artifactId><version>5.6.3</version></dependency>
</dependencies></project>
XML
(cd "$work" && mvn -q -B dependency:copy-dependencies -DoutputDirectory=jars > mvn 2>&1)
mkdir -p "$work/home/bin" "$work/home/lib/ext" "$work/home/lib/junit"
mv "$work/jars/ApacheJMeter-5.6.3.jar" "$work/home/bin/ApacheJMeter.jar"
mv "$work"/jars/ApacheJMeter_*.jar "$work/home/lib/ext"
mv "$work"/jars/*.jar "$work/home/lib"
(cd "$work/home" && python3 -m zipfile -e lib/ext/ApacheJMeter_config-5.6.3.jar . )
cat > "$work/server.py" <<'PY'
"""Answers "ok"; /buy leads to /; /read says how many other requests it has read."""
import asyncio
import sys

read = 0


async def serve(reader, writer):
    global read
    try:
        path = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1]
        read += path != b"/read"
        body, status, more = str(read).encode() if path == b"/read" else b"ok", b"200 OK", b""
        if path == b"/buy":
            status, more = b"302 Found", b"Location: /\r\n"
        writer.write(b"HTTP/1.1 " + status + b"\r\nConnection: close\r\n" + more)
        writer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    with open(sys.argv[1], "w") as file:
        file.write(str(server.sockets[0].getsockname()[1]))
    await server.serve_forever()


asyncio.run(main())
PY
python3 "$work/server.py" "$work/port" 2> /dev/null & server=$!
trap 'kill $server; rm -rf "$work"' EXIT
until [ -s "$work/port" ]; do sleep 0.1; done
url=http://127.0.0.1:$(cat "$work/port")
read_by_server() { python3 -c "import sys, urllib.request as u; print(u.urlopen(sys.argv[1] + '/read').read().decode())" "$url"; }
cat > "$work/plan.jmx" <<XML
<?xml version="1.0" encoding="UTF-8"?>
<jmeterTestPlan version="1.2" properties="5.0" jmeter="5.6.3"><hashTree><TestPlan guiclass="TestPlanGui" testclass="TestPlan" testname="plan"/><hashTree>
<ThreadGroup guiclass="ThreadGroupGui" testclass="ThreadGroup" testname="g"><elementProp name="ThreadGroup.main_controller" elementType="LoopController">
<boolProp name="LoopController.continue_forever">false</boolProp><stringProp name="LoopController.loops">10</stringProp></elementProp>
<stringProp name="ThreadGroup.num_threads">1</stringProp><stringProp name="ThreadGroup.ramp_time">0</stringProp></ThreadGroup><hashTree>
<HTTPSamplerProxy guiclass="HttpTestSampleGui" testclass="HTTPSamplerProxy" testname="buy">
<elementProp name="HTTPsampler.Arguments" elementType="Arguments"><collectionProp name="Arguments.arguments"/></elementProp>
<stringProp name="HTTPSampler.domain">127.0.0.1</stringProp><stringProp name="HTTPSampler.port">${url##*:}</stringProp>
<stringProp name="HTTPSampler.path">/buy</stringProp><stringProp name="HTTPSampler.method">GET</stringProp>
<boolProp name="HTTPSampler.follow_redirects">true</boolProp></HTTPSamplerProxy><hashTree/></hashTree></hashTree></hashTree></jmeterTestPlan>
XML
cd "$work"
timeout 120 java -jar home/bin/ApacheJMeter.jar -n -t plan.jmx -l said.jtl > said
echo "JMeter 5.6.3, ten requests that are redirected once; the server read $(read_by_server):"
grep '^summary =' said
cut -d, -f3 said.jtl | sort | uniq -c
[ "$(read_by_server)" = 20 ]
grep -Eq '^summary = +10 in' said
[ "$(wc -l < said.jtl)" = 31 ]
[ "$(cut -d, -f3 said.jtl | sort | uniq -c | tr -s ' \n' ' ')" = " 10 buy 10 buy-0 10 buy-1 1 label " ]

#!/usr/bin/env bash
# JMeter 5.6.3, HTML dashboard (`-g FILE -o DIR`): the percentiles of its table and of statistics.json are those of the last
# 20,000 samples, beside a count, mean and maximum of all. Of 50,000 samples, the first 30,000 of 2 s (an overload before pods were
# added), the others of 10 ms, median and 99th percentile are 10 ms, where the mean is 1,204. Nothing in the page says so;
# `-Jjmeter.reportgenerator.statistic_window=...`, larger than the file, gives 2,000. At 100 requests/s it is the last 200 s that
# are judged. Seen with Maven's artifacts of 5.6.3, Java 17, November 2026. This project's import of the same file counts all
# samples, and tells percentiles by stage.
set -euo pipefail
for tool in mvn java python3; do command -v "$tool" > /dev/null || { echo "needs $tool (Debian: maven, default-jre, python3)"; exit 2; }; done
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
(cd "$work/home" && python3 -m zipfile -e lib/ext/ApacheJMeter_config-5.6.3.jar .)
cd "$work"
python3 - > samples.jtl <<'PY'
print("timeStamp,elapsed,label,responseCode,responseMessage,threadName,success,bytes,sentBytes,grpThreads,allThreads,URL,Latency,IdleTime,Connect")
for i in range(50_000):
    took = 2000 if i < 30_000 else 10
    print(f"{1764400000000 + i * 10},{took},buy,200,OK,g 1-{i % 300},true,150,120,300,300,http://shop.example/buy,{took},0,1")
PY
dashboard() { java -Djava.util.prefs.userRoot="$work" -jar home/bin/ApacheJMeter.jar "$@" -j log -g samples.jtl > said 2>&1 || { cat said log; exit 1; }; }
dashboard -o plain
dashboard -o wide -Jjmeter.reportgenerator.statistic_window=1000000
python3 - <<'PY'
import json

said = {}
for name in ("plain", "wide"):
    with open(f"{name}/statistics.json") as file:
        row = json.load(file)["buy"]
    said[name] = [round(row[key]) for key in ("sampleCount", "meanResTime", "maxResTime", "medianResTime", "pct3ResTime")]
    print(f"JMeter 5.6.3, {name}: count, mean, maximum, median, p99 =", said[name])
assert said["plain"] == [50000, 1204, 2000, 10, 10], said
assert said["wide"] == [50000, 1204, 2000, 2000, 2000], said
PY

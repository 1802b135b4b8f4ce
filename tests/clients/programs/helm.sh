# helm: a chart with Deployment, Service and HPA. Prints each step that works.
chart=$WORK/web
mkdir -p "$chart/templates"
printf 'apiVersion: v2\nname: web\nversion: 0.1.0\n' > "$chart/Chart.yaml"
printf 'replicas: 2\n' > "$chart/values.yaml"
echo "$DEPLOYMENT" | sed 's/"replicas": 2/"replicas": {{ .Values.replicas }}/' > "$chart/templates/deployment.yaml"
cat > "$chart/templates/rest.yaml" <<'MANIFEST'
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: http}]}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec: {minReplicas: 2, maxReplicas: 4, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}
MANIFEST
quiet() { "$@" > "$WORK/out" 2>&1 || { cat "$WORK/out" >&2; exit 1; }; }
quiet helm install web "$chart" -n "$NAMESPACE" --wait --timeout 120s; echo install
quiet helm upgrade web "$chart" -n "$NAMESPACE" --set replicas=3; echo upgrade
test "$(helm history web -n "$NAMESPACE" -o json | grep -o '"revision":' | wc -l)" = 2; echo history
quiet helm rollback web 1 -n "$NAMESPACE"; echo rollback
helm list -n "$NAMESPACE" | grep -q deployed; echo list
quiet helm uninstall web -n "$NAMESPACE"; echo uninstall
